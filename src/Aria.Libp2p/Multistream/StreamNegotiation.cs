using System.Buffers;
using System.IO.Pipelines;

namespace Aria.Libp2p.Multistream;

/// <summary>Negotiates the protocol of a stream; afterwards the stream's next byte is the protocol's first.</summary>
internal static class StreamNegotiation
{
    /// <summary>Proposes in order and returns what was agreed, or null where everything was refused.</summary>
    public static async Task<string?> ProposeAsync(IDuplexPipe stream, IReadOnlyList<string> protocols, CancellationToken cancellationToken)
    {
        ProposerNegotiation negotiation = new(protocols);
        negotiation.Begin(stream.Output);
        await stream.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        while (!negotiation.IsDone)
        {
            await FeedAsync(stream, negotiation.Feed, cancellationToken).ConfigureAwait(false);
        }

        return negotiation.Agreed;
    }

    /// <summary>Answers proposals and returns what was agreed, or null where nothing was.</summary>
    public static async Task<string?> AnswerAsync(IDuplexPipe stream, Func<string, bool> speaks, CancellationToken cancellationToken)
    {
        AnswererNegotiation negotiation = new(speaks);
        AnswererNegotiation.Begin(stream.Output);
        await stream.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        while (!negotiation.IsDone)
        {
            await FeedAsync(stream, negotiation.Feed, cancellationToken).ConfigureAwait(false);
        }

        return negotiation.Agreed;
    }

    private static async Task FeedAsync(IDuplexPipe stream, Func<ReadOnlySpan<byte>, IBufferWriter<byte>, int> feed, CancellationToken cancellationToken)
    {
        ReadResult result = await stream.Input.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (result.Buffer.IsEmpty && result.IsCompleted)
        {
            throw new ProtocolViolationException("The remote end closed the stream during the negotiation of its protocol.");
        }

        ReadOnlyMemory<byte> first = result.Buffer.First;
        int consumed = feed(first.Span, stream.Output);
        stream.Input.AdvanceTo(result.Buffer.GetPosition(consumed));
        if (stream.Output.UnflushedBytes > 0)
        {
            await stream.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}

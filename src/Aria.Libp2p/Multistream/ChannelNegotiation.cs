using System.Buffers;
using Aria.Libp2p.Connections;

namespace Aria.Libp2p.Multistream;

/// <summary>Negotiates what runs next on a connection itself: its security, then its muxer.</summary>
internal static class ChannelNegotiation
{
    /// <summary>Proposes one protocol; throws <see cref="ProtocolNotSupportedException"/> where it is refused.</summary>
    public static async Task ProposeAsync(ByteChannel channel, string protocol, CancellationToken cancellationToken)
    {
        ProposerNegotiation negotiation = new([protocol]);
        ArrayBufferWriter<byte> output = new();
        negotiation.Begin(output);
        await RunAsync(channel, output, negotiation.Feed, () => negotiation.IsDone, cancellationToken).ConfigureAwait(false);
        if (negotiation.Agreed is null)
        {
            throw new ProtocolNotSupportedException($"The remote end does not speak {protocol}.");
        }
    }

    /// <summary>Waits for the proposal of one protocol; throws <see cref="ProtocolNotSupportedException"/> where only others come.</summary>
    public static async Task AnswerAsync(ByteChannel channel, string protocol, CancellationToken cancellationToken)
    {
        AnswererNegotiation negotiation = new(proposal => proposal == protocol);
        ArrayBufferWriter<byte> output = new();
        AnswererNegotiation.Begin(output);
        await RunAsync(channel, output, negotiation.Feed, () => negotiation.IsDone, cancellationToken).ConfigureAwait(false);
        if (negotiation.Agreed is null)
        {
            throw new ProtocolNotSupportedException($"The remote end does not propose {protocol}.");
        }
    }

    private static async Task RunAsync(
        ByteChannel channel, ArrayBufferWriter<byte> output, Func<ReadOnlySpan<byte>, IBufferWriter<byte>, int> feed, Func<bool> isDone, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (output.WrittenCount > 0)
            {
                await channel.SendAsync(output.WrittenMemory, cancellationToken).ConfigureAwait(false);
                output.ResetWrittenCount();
            }

            if (isDone())
            {
                return;
            }

            ReadOnlyMemory<byte> bytes = await channel.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (bytes.IsEmpty)
            {
                throw new ConnectionLostException("The connection ended during a negotiation.");
            }

            channel.Advance(feed(bytes.Span, output));
        }
    }
}

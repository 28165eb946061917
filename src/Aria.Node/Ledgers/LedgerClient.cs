using System.Runtime.CompilerServices;
using Aria.Libp2p;
using Aria.Pipeline.Streams;
using Aria.Provenance;

namespace Aria.Node.Ledgers;

/// <summary>
/// Fetches a peer's log and traces (specs/node.md §1). What comes is unverified: <see cref="Ledger.Verification.LedgerVerifier"/> and the receipts say whether
/// to believe it. Each call opens a stream of its own; the peer's addresses must be known to <paramref name="peer"/>, or it connected.
/// </summary>
public sealed class LedgerClient(LocalPeer peer, TimeProvider time)
{
    /// <summary>From a request to its answer.</summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The newest head's note.</summary>
    /// <exception cref="LedgerFetchException">The peer refused, or was lost.</exception>
    public Task<ReadOnlyMemory<byte>> HeadAsync(PeerId owner, CancellationToken cancellationToken) => WithStreamAsync(
        owner,
        async (stream, token) => await AskAsync(stream, new LedgerMessage.GetHead(), token) is LedgerMessage.Head head ? head.Note : throw NoAnswer(owner),
        cancellationToken);

    /// <summary>The entries from <paramref name="from"/> to <paramref name="end"/>, exclusive, or as many of them as the peer has: in order, without a gap.</summary>
    /// <exception cref="LedgerFetchException">The peer refused, or was lost.</exception>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> EntriesAsync(PeerId owner, long from, long end, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (from < end)
        {
            LedgerMessage.GetEntries request = new(from, (int)Math.Min(end - from, LedgerProtocol.MaxPageEntries));
            LedgerMessage.Entries page = await WithStreamAsync(
                owner,
                async (stream, token) => await AskAsync(stream, request, token) is LedgerMessage.Entries entries && entries.From == request.From && entries.Items.Length <= request.Max
                    ? entries
                    : throw NoAnswer(owner),
                cancellationToken);
            foreach (ReadOnlyMemory<byte> entry in page.Items)
            {
                yield return entry;
            }

            if (page.Items.IsEmpty)
            {
                yield break;
            }

            from += page.Items.Length;
        }
    }

    /// <summary>The bytes of a stage's trace (specs/provenance.md §7); null if the peer keeps it not, or no more.</summary>
    /// <exception cref="LedgerFetchException">The peer refused, or was lost.</exception>
    public Task<byte[]?> TraceAsync(PeerId owner, JobId job, int epoch, int stage, CancellationToken cancellationToken) => WithStreamAsync(
        owner,
        async (stream, token) =>
        {
            byte[]? trace = null;
            for (int offset = 0; trace is null || offset < trace.Length;)
            {
                LedgerMessage answer;
                try
                {
                    answer = await AskAsync(stream, new LedgerMessage.GetTrace(job, epoch, stage, offset), token);
                }
                catch (LedgerFetchException e) when (e.Refusal == LedgerRefusalCode.NotFound)
                {
                    return null;
                }

                if (answer is not LedgerMessage.TracePart part || part.Offset != offset || part.TotalBytes > Limits.TraceBytes
                    || (trace is not null && trace.Length != part.TotalBytes) || (part.Bytes.IsEmpty && part.TotalBytes > 0))
                {
                    throw NoAnswer(owner);
                }

                trace ??= new byte[part.TotalBytes];
                part.Bytes.CopyTo(trace.AsMemory(offset));
                offset += part.Bytes.Length;
            }

            return trace;
        },
        cancellationToken);

    private static LedgerFetchException NoAnswer(PeerId owner) => new(owner, null, "its answer is none to what was asked");

    private static async Task<LedgerMessage> AskAsync(PeerStream stream, LedgerMessage request, CancellationToken cancellationToken)
    {
        await LedgerFrames.WriteAsync(stream.Output, request, cancellationToken);
        byte[] bytes = await LedgerFrames.ReadAsync(stream.Input, LedgerProtocol.MaxAnswerBytes, cancellationToken)
            ?? throw new InvalidDataException("The stream ended without an answer.");
        return LedgerCodec.Decode(bytes) switch
        {
            null => throw NoAnswer(stream.RemotePeer),
            LedgerMessage.Refused refused => throw new LedgerFetchException(stream.RemotePeer, refused.Code, refused.Text),
            var answer => answer,
        };
    }

    private async Task<T> WithStreamAsync<T>(PeerId owner, Func<PeerStream, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(AnswerTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            await using PeerStream stream = await peer.OpenStreamAsync(owner, LedgerProtocol.Id, either.Token);
            return await ask(stream, either.Token);
        }
        catch (Exception e) when (e is Libp2pException or IOException or InvalidDataException or MalformedStreamException)
        {
            throw new LedgerFetchException(owner, null, e.Message, e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LedgerFetchException(owner, null, $"no answer within {AnswerTimeout.TotalSeconds} s");
        }
    }
}

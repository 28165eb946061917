using System.Buffers;
using System.IO.Pipelines;

namespace Aria.Libp2p.Nat.Circuits;

/// <summary>Carries the bytes of two streams to each other until both have ended, a limit is reached or one of them fails.</summary>
internal static class Bridge
{
    /// <summary>True where both directions ended in order; otherwise both streams are reset. <paramref name="limit"/> counts for each direction.</summary>
    public static async Task<bool> RunAsync(PeerStream a, PeerStream b, CircuitLimit limit, TimeProvider time, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = limit.DurationSeconds > 0 ? new(TimeSpan.FromSeconds(limit.DurationSeconds), time) : new();
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        long maxBytes = limit.DataBytes is 0 or > long.MaxValue ? long.MaxValue : (long)limit.DataBytes;
        bool[] ended = await Task.WhenAll(CarryAsync(a, b, maxBytes, either), CarryAsync(b, a, maxBytes, either)).ConfigureAwait(false);
        if (ended[0] && ended[1])
        {
            return true;
        }

        a.Reset();
        b.Reset();
        return false;
    }

    private static async Task<bool> CarryAsync(PeerStream from, PeerStream to, long maxBytes, CancellationTokenSource both)
    {
        try
        {
            for (long carried = 0; ;)
            {
                ReadResult result = await from.Input.ReadAsync(both.Token).ConfigureAwait(false);
                ReadOnlySequence<byte> bytes = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, maxBytes - carried));
                bool isOver = bytes.Length < result.Buffer.Length;
                foreach (ReadOnlyMemory<byte> segment in bytes)
                {
                    await to.Output.WriteAsync(segment, both.Token).ConfigureAwait(false);
                }

                carried += bytes.Length;
                from.Input.AdvanceTo(bytes.End);
                if (isOver)
                {
                    break;
                }

                if (result.IsCompleted)
                {
                    await to.Output.CompleteAsync().ConfigureAwait(false);
                    return true;
                }
            }
        }
        catch (Exception exception) when (exception is Libp2pException or OperationCanceledException)
        {
            // One end is gone, or the time is over: so is the other end.
        }

        await both.CancelAsync().ConfigureAwait(false);
        return false;
    }
}

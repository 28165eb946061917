using System.Buffers.Binary;
using System.IO.Pipelines;

namespace Aria.Libp2p.Perf;

/// <summary>
/// <c>/perf/1.0.0</c>: the asking end sends a big-endian u64, how many bytes it wants, then as many as it likes, and closes; the other end counts them and then
/// sends what was wanted (specs/transport.md §7). Whoever serves it gives strangers bandwidth, so it is served only where it is asked for:
/// <c>peer.Handle(PerfProtocol.Id, PerfProtocol.ServeAsync)</c>.
/// </summary>
public static class PerfProtocol
{
    /// <summary>The protocol's id.</summary>
    public const string Id = "/perf/1.0.0";

    /// <summary>How much is written at once where nothing else is said, in bytes.</summary>
    public const int DefaultWriteBytes = 64 * 1024;

    private const int MaxWriteBytes = 1024 * 1024;

    /// <summary>Answers one measurement; the <see cref="StreamHandler"/> of the protocol.</summary>
    public static async Task ServeAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ReadResult result = await stream.Input.ReadAtLeastAsync(sizeof(ulong), cancellationToken).ConfigureAwait(false);
        if (result.Buffer.Length < sizeof(ulong))
        {
            throw new ProtocolViolationException($"{stream.RemotePeer} ended a measurement before it said how much it wants.");
        }

        ulong wanted = BinaryPrimitives.ReadUInt64BigEndian(FirstBytes(result));
        stream.Input.AdvanceTo(result.Buffer.GetPosition(sizeof(ulong)));
        await DrainAsync(stream.Input, cancellationToken).ConfigureAwait(false);
        await FillAsync(stream.Output, wanted, DefaultWriteBytes, cancellationToken).ConfigureAwait(false);
        await stream.Output.CompleteAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Sends <paramref name="upload"/> bytes to a peer, in writes of <paramref name="writeBytes"/>, then takes <paramref name="download"/> bytes from it, and returns how long
    /// each took; dials where there is no connection. Throws <see cref="ProtocolNotSupportedException"/> where the peer does not serve it.
    /// </summary>
    public static async Task<PerfResult> MeasureAsync(
        LocalPeer local, PeerId remote, ulong upload, ulong download, TimeProvider time, CancellationToken cancellationToken, int writeBytes = DefaultWriteBytes)
    {
        ArgumentNullException.ThrowIfNull(local);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(writeBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(writeBytes, MaxWriteBytes);
        PeerStream stream = await local.OpenStreamAsync(remote, Id, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            long start = time.GetTimestamp();
            BinaryPrimitives.WriteUInt64BigEndian(stream.Output.GetSpan(sizeof(ulong)), download);
            stream.Output.Advance(sizeof(ulong));
            await FillAsync(stream.Output, upload, writeBytes, cancellationToken).ConfigureAwait(false);
            await stream.Output.CompleteAsync().ConfigureAwait(false);

            // The other end's first byte, or its end, says that it took everything.
            ReadResult first = await stream.Input.ReadAsync(cancellationToken).ConfigureAwait(false);
            stream.Input.AdvanceTo(first.Buffer.Start, first.Buffer.Start);
            long taken = time.GetTimestamp();
            ulong came = await DrainAsync(stream.Input, cancellationToken).ConfigureAwait(false);
            return came == download
                ? new(time.GetElapsedTime(start, taken), time.GetElapsedTime(taken))
                : throw new ProtocolViolationException($"{remote} sent {came} bytes where {download} were wanted.");
        }
    }

    private static async Task FillAsync(PipeWriter output, ulong bytes, int writeBytes, CancellationToken cancellationToken)
    {
        byte[] block = new byte[Math.Min((ulong)writeBytes, Math.Max(bytes, 1))];
        for (ulong left = bytes; left > 0;)
        {
            int length = (int)Math.Min(left, (ulong)block.Length);
            await output.WriteAsync(block.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            left -= (ulong)length;
        }
    }

    private static async Task<ulong> DrainAsync(PipeReader input, CancellationToken cancellationToken)
    {
        ulong count = 0;
        while (true)
        {
            ReadResult result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            count += (ulong)result.Buffer.Length;
            input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return count;
            }
        }
    }

    private static byte[] FirstBytes(ReadResult result)
    {
        byte[] first = new byte[sizeof(ulong)];
        System.Buffers.BuffersExtensions.CopyTo(result.Buffer.Slice(0, first.Length), first);
        return first;
    }
}

/// <summary>How long the two halves of a measurement took: until the other end had taken everything, and from then until all it sent was here.</summary>
public readonly record struct PerfResult(TimeSpan Upload, TimeSpan Download);

using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;

namespace Aria.Libp2p.Ping;

/// <summary><c>/ipfs/ping/1.0.0</c>: 32 bytes come back as they are, again and again until the asking end closes.</summary>
internal static class PingProtocol
{
    public const string Id = "/ipfs/ping/1.0.0";

    private const int PayloadBytes = 32;

    /// <summary>Answers until the other end closes.</summary>
    public static async Task ServeAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result = await stream.Input.ReadAtLeastAsync(PayloadBytes, cancellationToken).ConfigureAwait(false);
            if (result.Buffer.Length < PayloadBytes)
            {
                return;
            }

            ReadOnlySequence<byte> ping = result.Buffer.Slice(0, PayloadBytes);
            ping.CopyTo(stream.Output.GetSpan(PayloadBytes));
            stream.Output.Advance(PayloadBytes);
            stream.Input.AdvanceTo(ping.End);
            await stream.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>One round trip on an open stream.</summary>
    public static async Task<TimeSpan> MeasureAsync(PeerStream stream, TimeProvider time, CancellationToken cancellationToken)
    {
        byte[] payload = RandomNumberGenerator.GetBytes(PayloadBytes);
        long sent = time.GetTimestamp();
        await stream.Output.WriteAsync(payload, cancellationToken).ConfigureAwait(false);
        ReadResult result = await stream.Input.ReadAtLeastAsync(PayloadBytes, cancellationToken).ConfigureAwait(false);
        TimeSpan roundTrip = time.GetElapsedTime(sent);
        if (result.Buffer.Length < PayloadBytes || !result.Buffer.Slice(0, PayloadBytes).ToArray().AsSpan().SequenceEqual(payload))
        {
            throw new ProtocolViolationException($"{stream.RemotePeer} answered a ping with other bytes.");
        }

        stream.Input.AdvanceTo(result.Buffer.End);
        return roundTrip;
    }
}

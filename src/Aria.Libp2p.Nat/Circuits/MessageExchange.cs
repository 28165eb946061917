using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.Nat.Circuits;

/// <summary>Messages of hop and stop on a stream.</summary>
internal static class MessageExchange
{
    public static async Task SendAsync(PeerStream stream, byte[] message, CancellationToken cancellationToken)
    {
        LengthPrefixed.Write(stream.Output, message);
        await stream.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The next message; throws <see cref="ProtocolViolationException"/> where it is malformed and <see cref="ConnectionLostException"/> where the stream ends first.</summary>
    public static async Task<HopMessage> HearHopAsync(PeerStream stream, CancellationToken cancellationToken) =>
        HopMessage.TryDecode(await HearAsync(stream, cancellationToken).ConfigureAwait(false), out HopMessage? message)
            ? message : throw new ProtocolViolationException($"{stream.RemotePeer} sent a malformed hop message.");

    /// <summary>As <see cref="HearHopAsync"/>.</summary>
    public static async Task<StopMessage> HearStopAsync(PeerStream stream, CancellationToken cancellationToken) =>
        StopMessage.TryDecode(await HearAsync(stream, cancellationToken).ConfigureAwait(false), out StopMessage? message)
            ? message : throw new ProtocolViolationException($"{stream.RemotePeer} sent a malformed stop message.");

    private static async Task<byte[]> HearAsync(PeerStream stream, CancellationToken cancellationToken) =>
        await LengthPrefixed.ReadAsync(stream.Input, HopMessage.MaxBytes, cancellationToken).ConfigureAwait(false)
            ?? throw new ConnectionLostException($"{stream.RemotePeer} ended the stream before its message.");
}

using System.Buffers.Binary;
using System.Collections.Immutable;
using Aria.Libp2p.Connections;
using NSec.Cryptography;

namespace Aria.Libp2p.Noise;

/// <summary>The <c>/noise</c> handshake: authenticates both ends and proposes a muxer along the way. One static key per local peer, in memory only.</summary>
internal sealed class NoiseSecurity : IDisposable
{
    public const string Id = "/noise";

    // The payload of two keys' worth of bytes and a few muxers; larger handshake messages are refused unread.
    private const int MaxHandshakeBytes = 4 * 1024;

    private readonly Identity _identity;
    private readonly ImmutableArray<string> _muxers;
    private readonly Key _static = Key.Create(KeyAgreementAlgorithm.X25519);
    private readonly byte[] _payload;

    public NoiseSecurity(Identity identity, ImmutableArray<string> muxers)
    {
        _identity = identity;
        _muxers = muxers;
        _payload = NoisePayload.Encode(_identity, _static.PublicKey.Export(KeyBlobFormat.RawPublicKey), _muxers);
    }

    /// <summary>
    /// Runs the handshake. Where <paramref name="expected"/> was dialed and another peer answers, it ends with
    /// <see cref="PeerMismatchException"/> before this end has told who it is.
    /// </summary>
    public async Task<SecuredChannel> SecureAsync(PlainChannel channel, bool isInitiator, PeerId? expected, CancellationToken cancellationToken)
    {
        using HandshakeXx handshake = new(isInitiator, [], _static, Key.Create(KeyAgreementAlgorithm.X25519));
        NoisePayload remote;
        if (isInitiator)
        {
            await SendAsync(channel, handshake.WriteMessage([]), cancellationToken).ConfigureAwait(false);
            remote = await HearAsync(channel, handshake, expected, cancellationToken).ConfigureAwait(false);
            await SendAsync(channel, handshake.WriteMessage(_payload), cancellationToken).ConfigureAwait(false);
        }
        else
        {
            handshake.ReadMessage((await ReceiveAsync(channel, cancellationToken).ConfigureAwait(false)).Span);
            await SendAsync(channel, handshake.WriteMessage(_payload), cancellationToken).ConfigureAwait(false);
            remote = await HearAsync(channel, handshake, expected, cancellationToken).ConfigureAwait(false);
        }

        string? muxer = ChooseMuxer(isInitiator ? _muxers : remote.Muxers, isInitiator ? remote.Muxers : _muxers);
        (CipherState send, CipherState receive) = handshake.Split();
        return new(new(channel, send, receive), remote.Peer, muxer);
    }

    /// <summary>The first of the initiator's muxers that the responder has; null where one of them lists none, so that the muxer is negotiated as usual.</summary>
    internal static string? ChooseMuxer(ImmutableArray<string> initiator, ImmutableArray<string> responder) =>
        initiator.IsEmpty || responder.IsEmpty ? null
        : initiator.FirstOrDefault(responder.Contains) ?? throw new ProtocolNotSupportedException("The ends have no muxer in common.");

    public void Dispose() => _static.Dispose();

    private static async Task<NoisePayload> HearAsync(PlainChannel channel, HandshakeXx handshake, PeerId? expected, CancellationToken cancellationToken)
    {
        byte[] payload = handshake.ReadMessage((await ReceiveAsync(channel, cancellationToken).ConfigureAwait(false)).Span);
        NoisePayload remote = NoisePayload.Open(payload, handshake.RemoteStatic);
        return expected is null || remote.Peer == expected ? remote : throw new PeerMismatchException(expected, remote.Peer);
    }

    private static async Task<ReadOnlyMemory<byte>> ReceiveAsync(PlainChannel channel, CancellationToken cancellationToken)
    {
        Memory<byte> frame;
        while (!channel.TryTakeFrame(MaxHandshakeBytes, out frame, out int missing))
        {
            if (!await channel.FillAsync(missing, cancellationToken).ConfigureAwait(false))
            {
                throw new ConnectionLostException("The connection ended during the handshake.");
            }
        }

        return frame;
    }

    private static ValueTask SendAsync(PlainChannel channel, byte[] message, CancellationToken cancellationToken)
    {
        byte[] frame = new byte[sizeof(ushort) + message.Length];
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)message.Length);
        message.CopyTo(frame, sizeof(ushort));
        return channel.SendAsync(frame, cancellationToken);
    }
}

/// <summary>An encrypted channel, the peer that proved itself at its other end, and the muxer agreed on the way, if any.</summary>
internal sealed record SecuredChannel(NoiseChannel Channel, PeerId RemotePeer, string? Muxer);

using Aria.Libp2p.Multistream;
using Aria.Libp2p.Noise;
using Aria.Libp2p.Transports;
using Aria.Libp2p.Yamux;

namespace Aria.Libp2p.Connections;

/// <summary>Turns a byte connection into an authenticated one that carries streams: Noise, then yamux.</summary>
internal sealed class Upgrader : IDisposable
{
    private readonly NoiseSecurity _noise;
    private readonly YamuxOptions _yamux;
    private readonly TimeProvider _time;
    private readonly PeerMetrics _metrics;
    private readonly ByteBudget _growth;
    private readonly ByteBudget _unread;

    public Upgrader(Identity identity, LocalPeerOptions options, TimeProvider time, PeerMetrics metrics)
    {
        _noise = new(identity, [YamuxSession.Id]);
        _yamux = new()
        {
            MaxInboundStreams = options.MaxInboundStreams,
            MaxOutboundStreams = options.MaxOutboundStreams,
            KeepAliveInterval = options.KeepAliveInterval,
            KeepAliveTimeout = options.KeepAliveTimeout,
        };
        _growth = new(options.MaxWindowGrowthBytes);
        _unread = new(options.MaxUnreadBytes);
        _time = time;
        _metrics = metrics;
    }

    /// <summary>
    /// Secures and muxes <paramref name="connection"/>, or disposes it. Where a peer was dialed, another one is refused with
    /// <see cref="PeerMismatchException"/> before any muxer exists.
    /// </summary>
    public async Task<MuxedConnection> UpgradeAsync(TransportConnection connection, bool isOutbound, PeerId? expected, CancellationToken cancellationToken)
    {
        PlainChannel plain = new(connection);
        try
        {
            await NegotiateAsync(plain, NoiseSecurity.Id, isOutbound, cancellationToken).ConfigureAwait(false);
            SecuredChannel secured = await _noise.SecureAsync(plain, isOutbound, expected, cancellationToken).ConfigureAwait(false);
            if (secured.Muxer is null)
            {
                await NegotiateAsync(secured.Channel, YamuxSession.Id, isOutbound, cancellationToken).ConfigureAwait(false);
            }

            return new YamuxSession(secured.Channel, secured.RemotePeer, isOutbound, _yamux, _time, new(_growth, _unread, _metrics.StreamRefused));
        }
        catch
        {
            await plain.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public void Dispose() => _noise.Dispose();

    private static Task NegotiateAsync(ByteChannel channel, string protocol, bool isOutbound, CancellationToken cancellationToken) => isOutbound
        ? ChannelNegotiation.ProposeAsync(channel, protocol, cancellationToken)
        : ChannelNegotiation.AnswerAsync(channel, protocol, cancellationToken);
}

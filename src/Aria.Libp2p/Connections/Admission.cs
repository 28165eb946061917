using Aria.Libp2p.Transports;

namespace Aria.Libp2p.Connections;

/// <summary>
/// Takes an authenticated connection in, or throws <see cref="ResourceLimitException"/> and disposes it. <paramref name="carrier"/> is what it runs over,
/// <paramref name="remoteAddress"/> the address that was dialed or that the other end came from.
/// </summary>
internal delegate PeerConnection Admission(MuxedConnection muxed, TransportConnection carrier, Multiaddress remoteAddress, bool isOutbound);

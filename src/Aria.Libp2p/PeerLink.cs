namespace Aria.Libp2p;

/// <summary>A live connection to a peer.</summary>
/// <param name="RemoteAddress">The other end's address on it, without its peer.</param>
/// <param name="IsOutbound">Whether this peer dialed.</param>
public readonly record struct PeerLink(Multiaddress RemoteAddress, bool IsOutbound);

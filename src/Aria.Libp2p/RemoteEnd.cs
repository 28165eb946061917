namespace Aria.Libp2p;

/// <summary>The other end of a live connection.</summary>
/// <param name="Address">Its address on this connection, without its peer.</param>
/// <param name="IsDialed">Whether this peer dialed it.</param>
public readonly record struct RemoteEnd(Multiaddress Address, bool IsDialed);

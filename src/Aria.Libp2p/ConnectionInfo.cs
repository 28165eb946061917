namespace Aria.Libp2p;

/// <summary>One live connection to a peer.</summary>
/// <param name="RemoteAddress">The other end's address, without its peer; one that goes through a relay says so (<see cref="Multiaddress.IsRelayed"/>).</param>
/// <param name="IsOutbound">True where this peer dialed.</param>
/// <param name="IsLimited">True where a relay ends the connection after a while or a number of bytes.</param>
public sealed record ConnectionInfo(Multiaddress RemoteAddress, bool IsOutbound, bool IsLimited);

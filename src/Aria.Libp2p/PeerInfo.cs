namespace Aria.Libp2p;

/// <summary>A peer and addresses where it may be reached.</summary>
public sealed record PeerInfo(PeerId Id, IReadOnlyList<Multiaddress> Addresses);

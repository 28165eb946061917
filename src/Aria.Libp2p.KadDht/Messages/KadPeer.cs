using System.Collections.Immutable;

namespace Aria.Libp2p.KadDht.Messages;

/// <summary>A peer as a message names it: 1 id, 2 addresses, 3 connection (0 none, 1 connected, 2 can, 3 cannot), a remark that nobody relies on.</summary>
internal sealed record KadPeer(PeerId Id, ImmutableArray<Multiaddress> Addresses, ulong Connection = 0)
{
    public PeerInfo ToInfo() => new(Id, Addresses);
}

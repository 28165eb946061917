using System.Collections.Immutable;

namespace Aria.Libp2p.KadDht.Routing;

/// <summary>A peer of the routing table: it was authenticated and speaks the protocol.</summary>
internal sealed record Contact(PeerId Id, KadKey Key, ImmutableArray<IpGroup> Groups)
{
    public static Contact Of(PeerId id, ImmutableArray<IpGroup> groups) => new(id, KadKey.Of(id), groups);
}

using System.Collections.Immutable;
using Aria.Libp2p;
using Aria.Libp2p.Nat.Probing;
using Aria.Libp2p.Transports;

namespace Aria.Node;

/// <summary>How a node reaches others, and is reached, where plain dialing does not do; by default there is nothing of it (specs/nat.md).</summary>
public sealed record ReachOptions
{
    /// <summary>The key of the private network that the node is in; null where it is in none.</summary>
    public PreSharedKey? PrivateNetwork { get; init; }

    /// <summary>True where it finds, and is found by, nodes on the same link by multicast DNS.</summary>
    public bool FindsOnLink { get; init; }

    /// <summary>
    /// True where it asks others whether they can reach it, announces what leads to it and leaves the hash table to others while nothing does, and turns connections through relays into
    /// direct ones through its NAT.
    /// </summary>
    public bool MayBeBehindNat { get; init; }

    /// <summary>Relays, addresses with <c>/p2p</c>, at which it listens too; then it counts as behind a NAT.</summary>
    public ImmutableArray<Multiaddress> Relays { get; init; } = [];

    /// <summary>True where it relays for others, and tells them whether they can be reached.</summary>
    public bool ServesOthers { get; init; }

    /// <summary>How it asks others whether they can reach it.</summary>
    public ReachabilityOptions Watch { get; init; } = new();

    /// <summary>What it does for others that ask this.</summary>
    public ProbeServerOptions Probes { get; init; } = new();
}

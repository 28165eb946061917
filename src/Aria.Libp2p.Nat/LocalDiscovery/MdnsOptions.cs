using System.Net;

namespace Aria.Libp2p.Nat.LocalDiscovery;

/// <summary>How peers on the same link find each other (specs/nat.md §4).</summary>
public sealed record MdnsOptions
{
    /// <summary>The IPv4 addresses of the interfaces to ask and answer on; empty for every interface that is up, carries multicast and is not loopback.</summary>
    public IReadOnlyList<IPAddress> Interfaces { get; init; } = [];

    /// <summary>Between two questions; the first ones follow each other faster.</summary>
    public TimeSpan QueryInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long answers may be kept.</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Peers that are remembered as found; the one that was heard of least recently goes first, and is told again when it is heard of.</summary>
    public int MaxPeers { get; init; } = 1024;
}

using System.Net;
using Aria.Libp2p.Transports;

namespace Aria.Libp2p.Nat.LocalDiscovery;

/// <summary>How peers on the same link find each other (specs/nat.md §4).</summary>
public sealed record MdnsOptions
{
    /// <summary>The IPv4 addresses of the interfaces to ask and answer on; empty for every interface that is up, carries multicast and is not loopback.</summary>
    public IReadOnlyList<IPAddress> Interfaces { get; init; } = [];

    /// <summary>The key of the private network that the peer is in, which then asks and answers under a name that the others do not; null: none.</summary>
    public PreSharedKey? PrivateNetwork { get; init; }

    /// <summary>Between two questions; the first ones follow each other faster.</summary>
    public TimeSpan QueryInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long answers may be kept.</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Peers that are remembered as found. Where there are so many, a new one takes the place of one that was not heard of for <see cref="TimeToLive"/>, or is passed over.</summary>
    public int MaxPeers { get; init; } = 1024;
}

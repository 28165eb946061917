namespace Aria.Libp2p.Nat;

/// <summary>Where others see this peer. Behind a NAT that is its outer address, and its port too where dials leave from the port that is listened on.</summary>
internal static class ObservedAddresses
{
    /// <summary>What connected peers told that this peer dialed directly: what most of them say first, each without a peer.</summary>
    public static IEnumerable<Multiaddress> Of(LocalPeer peer) =>
        peer.ConnectedPeers.Where(other => peer.ConnectionsTo(other).Any(one => one is { IsOutbound: true, RemoteAddress.IsRelayed: false }))
            .Select(other => peer.Identified(other)?.ObservedAddress?.WithoutPeer()).OfType<Multiaddress>()
            .GroupBy(address => address).OrderByDescending(same => same.Count()).Select(same => same.Key);
}

using Aria.Libp2p;
using Aria.Libp2p.Transports;

namespace Aria.Node.Tests;

/// <summary>Nodes in private networks and behind relays.</summary>
public sealed class ReachTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task NodesWithTheKey_FindEachOther_AndOneWithAnotherFindsNobody()
    {
        PreSharedKey key = PreSharedKey.Generate();
        await using Swarm swarm = new();
        AriaNode first = await swarm.StartNodeAsync(swarm.Options("first", 0, null) with { Reach = new() { PrivateNetwork = key } });
        AriaNode second = await swarm.StartNodeAsync(swarm.Options("second", 1, null) with { Reach = new() { PrivateNetwork = key } });
        AriaNode stranger = await swarm.StartNodeAsync(swarm.Options("stranger", 2, null) with { Reach = new() { PrivateNetwork = PreSharedKey.Generate() } });
        Assert.Contains(first.PeerId, second.Peer.ConnectedPeers);
        DialFailedException refused = await Assert.ThrowsAsync<DialFailedException>(() => stranger.Peer.ConnectAsync(first.Addresses[0], Token));
        Assert.Contains("pre-shared key", refused.Message, StringComparison.Ordinal);
        Assert.Empty(stranger.Peer.ConnectedPeers);
    }

    [Fact]
    public async Task ANodeBehindARelay_IsDialedThroughIt()
    {
        await using Swarm swarm = new();
        AriaNode relay = await swarm.StartNodeAsync(swarm.Options("relay", 0, null) with { Reach = new() { ServesOthers = true } });
        AriaNode hidden = await swarm.StartNodeAsync(swarm.Options("hidden", 1, null) with { Listen = [], Reach = new() { Relays = [relay.Addresses[0]] } });
        AriaNode caller = await swarm.StartNodeAsync(swarm.Options("caller", 2, null) with { Bootstrap = [] });
        while (hidden.Addresses.Count == 0)
        {
            await Task.Delay(10, Token);        // a reservation tells of no event
        }

        Assert.Equal(hidden.PeerId, await caller.Peer.ConnectAsync(hidden.Addresses[0], Token));
        Assert.Contains(caller.Peer.ConnectionsTo(hidden.PeerId), one => one is { IsLimited: true, IsOutbound: true });
    }
}

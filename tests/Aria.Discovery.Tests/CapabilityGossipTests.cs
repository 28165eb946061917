using Aria.Libp2p;
using Aria.Libp2p.PubSub;

namespace Aria.Discovery.Tests;

/// <summary>Directories that nobody lets look: what they know came through gossip.</summary>
public sealed class CapabilityGossipTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ARecord_ItsChange_AndItsWithdrawal_AreKnownUnasked()
    {
        await using DiscoveryGroup group = new();
        DiscoveryNode gateway = await group.StartAsync();
        GossipSub atGateway = group.Gossip(gateway);
        DiscoveryNode node = await group.StartAsync(gateway), stranger = await group.StartAsync(gateway, network: "elsewhere");
        GossipSub atNode = group.Gossip(node), atStranger = group.Gossip(stranger, network: "elsewhere");
        gateway.Directory.Follow(DiscoveryGroup.Model);
        await DiscoveryGroup.UntilAsync(() => atNode.PeersOf(CapabilityGossip.TopicOf("testnet")).Contains(gateway.Peer.Id));
        await node.Publisher.UpdateAsync([DiscoveryGroup.Served(0, 4)], Stop);
        await DiscoveryGroup.UntilAsync(() => gateway.Directory.Snapshot.Find(node.Id) is not null);
        Assert.Equal(RecordSource.Gossip, gateway.Directory.Snapshot.Find(node.Id)!.Source);
        Assert.NotEmpty(gateway.Peer.AddressesOf(node.Peer.Id));
        await node.Publisher.UpdateAsync([DiscoveryGroup.Served(0, 8)], Stop);
        await DiscoveryGroup.UntilAsync(() => gateway.Directory.Snapshot.Find(node.Id)!.Record.Served is [{ Span.Layers.End: 8 }]);
        await node.Publisher.UpdateAsync([], Stop);
        await DiscoveryGroup.UntilAsync(() => gateway.Directory.Snapshot.Find(node.Id)!.Record.Served.IsEmpty);
        Assert.True(atGateway.ScoreOf(node.Peer.Id) > 0);

        await stranger.Publisher.UpdateAsync([DiscoveryGroup.Served(0, 8)], Stop);
        Assert.Null(gateway.Directory.Snapshot.Find(stranger.Id));
        Assert.Empty(atStranger.MeshOf(CapabilityGossip.TopicOf("testnet")));
    }

    [Fact]
    public async Task TheRecordOfBeforeTheGossip_IsToldToWhoComesFirst()
    {
        await using DiscoveryGroup group = new();
        DiscoveryNode gateway = await group.StartAsync(), far = await group.StartAsync(gateway), node = await group.StartAsync();
        GossipSub atGateway = group.Gossip(gateway);
        group.Gossip(far);
        gateway.Directory.Follow(DiscoveryGroup.Model);
        far.Directory.Follow(DiscoveryGroup.Model);
        await DiscoveryGroup.UntilAsync(() => atGateway.MeshOf(CapabilityGossip.TopicOf("testnet")).Contains(far.Peer.Id));

        // As a node begins: its record is put while it gossips with nobody; then somebody is there.
        await node.Publisher.UpdateAsync([DiscoveryGroup.Served(0, 8)], Stop);
        group.Gossip(node);
        await node.Peer.ConnectAsync(gateway.Peer.Addresses[0], Stop);
        await DiscoveryGroup.UntilAsync(() => gateway.Directory.Snapshot.Find(node.Id) is not null && far.Directory.Snapshot.Find(node.Id) is not null);
        Assert.Equal(RecordSource.Gossip, gateway.Directory.Snapshot.Find(node.Id)!.Source);
        Assert.Equal(RecordSource.Gossip, far.Directory.Snapshot.Find(node.Id)!.Source);        // who hears it hands it on
        Assert.True(atGateway.ScoreOf(node.Peer.Id) > 0);
    }

    [Fact]
    public async Task ANodeThatServesNothingFollowed_IsNotTaken_AndAReplayCounts()
    {
        await using DiscoveryGroup group = new();
        DiscoveryNode gateway = await group.StartAsync();
        GossipSub atGateway = group.Gossip(gateway);
        DiscoveryNode node = await group.StartAsync(gateway);
        GossipSub atNode = group.Gossip(node);
        string topic = CapabilityGossip.TopicOf("testnet");
        await DiscoveryGroup.UntilAsync(() => atNode.PeersOf(topic).Contains(gateway.Peer.Id));
        ReadOnlyMemory<byte> last = default;
        node.Publisher.Sealed += envelope => last = envelope;
        await node.Publisher.UpdateAsync([DiscoveryGroup.Served(0, 8)], Stop);
        await DiscoveryGroup.UntilAsync(() => atGateway.ScoreOf(node.Peer.Id) > 0);
        Assert.Null(gateway.Directory.Snapshot.Find(node.Id));

        // Somebody else publishes the record as its own.
        DiscoveryNode liar = await group.StartAsync(gateway);
        GossipSub atLiar = group.Gossip(liar);
        await DiscoveryGroup.UntilAsync(() => atLiar.PeersOf(topic).Contains(gateway.Peer.Id));
        while (atGateway.ScoreOf(liar.Peer.Id) >= 0)
        {
            atLiar.Publish(topic, last.Span);       // gossip promises no delivery
            await Task.Delay(100, Stop);
        }
    }
}

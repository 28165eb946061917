using System.Collections.Immutable;
using Aria.Scheduling;

namespace Aria.Discovery.Tests;

public sealed class CapabilityDirectoryTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static ImmutableArray<NodeId> Plan(DiscoveryNode gateway) =>
        PipelinePlanner.Plan(gateway.Directory.SwarmFor(DiscoveryGroup.Model, 8, gateway.Id), null, 100) is PlanResult.Found(var plan)
            ? [.. plan.Stages.Select(stage => stage.Node)]
            : [];

    private static async Task<(DiscoveryNode Gateway, DiscoveryNode[] Nodes)> FiveAsync(DiscoveryGroup group)
    {
        DiscoveryNode gateway = await group.StartAsync();
        DiscoveryNode[] nodes = [await group.StartAsync(gateway), await group.StartAsync(gateway), await group.StartAsync(gateway), await group.StartAsync(gateway)];
        for (int i = 0; i < nodes.Length; i++)
        {
            await nodes[i].Publisher.UpdateAsync([DiscoveryGroup.Served(i / 2 * 4, (i / 2 * 4) + 4)], Stop);
        }

        gateway.Directory.Follow(DiscoveryGroup.Model);
        return (gateway, nodes);
    }

    [Fact]
    public async Task OneRefresh_ShowsEveryNode_WithTheWayToIt()
    {
        await using DiscoveryGroup group = new();
        (DiscoveryNode gateway, DiscoveryNode[] nodes) = await FiveAsync(group);
        Assert.Empty(Plan(gateway));
        int changes = 0;
        gateway.Directory.Changed += () => Interlocked.Increment(ref changes);
        await gateway.Directory.RefreshAsync(Stop);
        DirectorySnapshot snapshot = gateway.Directory.Snapshot;
        Assert.Equal(nodes.Select(node => node.Id).Order(), snapshot.Nodes.Select(known => known.Record.Node));
        Assert.All(snapshot.Nodes, known => Assert.True(known.RoundTrip > TimeSpan.Zero));
        Assert.Equal(nodes[0].Peer.Addresses.Select(address => address.WithoutPeer()), snapshot.Find(nodes[0].Id)!.Record.Addresses);
        Assert.Null(snapshot.Find(gateway.Id));
        Assert.Equal(2, Plan(gateway).Length);
        Assert.InRange(changes, 1, 4);

        SwarmSnapshot swarm = gateway.Directory.SwarmFor(DiscoveryGroup.Model, 8, gateway.Id);
        Assert.Equal(4, swarm.Spans.Length);
        Assert.All(nodes, node => Assert.Equal((long)(snapshot.Find(node.Id)!.RoundTrip!.Value.TotalMicroseconds / 2), swarm.Links.Between(gateway.Id, node.Id)));
        Assert.Empty(gateway.Directory.SwarmFor(DiscoveryGroup.Model, 9, gateway.Id).Spans);
        Assert.Empty(gateway.Directory.SwarmFor(new(Digest.Of("other"u8)), 8, gateway.Id).Spans);
    }

    [Fact]
    public async Task Running_SeesNodesThatComeLater_ChangesAndWithdrawals()
    {
        await using DiscoveryGroup group = new();
        DiscoveryNode gateway = await group.StartAsync();
        gateway.Directory.Follow(DiscoveryGroup.Model);
        group.Run(gateway.Directory.RunAsync);
        DiscoveryNode first = await group.StartAsync(gateway);
        group.Run(first.Publisher.RunAsync);
        await first.Publisher.UpdateAsync([DiscoveryGroup.Served(0, 4)], Stop);
        await DiscoveryGroup.UntilAsync(() => gateway.Directory.Snapshot.Find(first.Id) is not null);
        Assert.Empty(Plan(gateway));
        DiscoveryNode second = await group.StartAsync(gateway);
        await second.Publisher.UpdateAsync([DiscoveryGroup.Served(4, 8)], Stop);
        await DiscoveryGroup.UntilAsync(() => Plan(gateway).SequenceEqual([first.Id, second.Id]));
        await first.Publisher.UpdateAsync([DiscoveryGroup.Served(0, 8)], Stop);
        await gateway.Directory.RefreshAsync(Stop);
        Assert.Equal([first.Id], Plan(gateway));
        await first.Publisher.UpdateAsync([], Stop);
        await gateway.Directory.RefreshAsync(Stop);
        Assert.Empty(Plan(gateway));
        Assert.Empty(gateway.Directory.Snapshot.Find(first.Id)!.Record.Served);
    }

    [Fact]
    public async Task TheOrderOfStarting_DoesNotMatter()
    {
        await using DiscoveryGroup group = new();
        DiscoveryNode first = await group.StartAsync();
        Assert.Equal(1, await first.Publisher.UpdateAsync([DiscoveryGroup.Served(0, 8)], Stop));
        DiscoveryNode gateway = await group.StartAsync(first);
        DiscoveryNode late = await group.StartAsync(gateway);
        gateway.Directory.Follow(DiscoveryGroup.Model);
        late.Directory.Follow(DiscoveryGroup.Model);
        group.Run(gateway.Directory.RunAsync);
        group.Run(late.Directory.RunAsync);
        await DiscoveryGroup.UntilAsync(() => !Plan(gateway).IsEmpty && !Plan(late).IsEmpty);
    }

    [Fact]
    public async Task ALostNode_IsPassedOverAtOnce_AndUsedAgainWhenItAnswers()
    {
        await using DiscoveryGroup group = new();
        (DiscoveryNode gateway, DiscoveryNode[] nodes) = await FiveAsync(group);
        await gateway.Directory.RefreshAsync(Stop);
        foreach (NodeId lost in Plan(gateway))
        {
            gateway.Directory.ReportLost(lost);
            Assert.DoesNotContain(lost, Plan(gateway));
            Assert.NotNull(gateway.Directory.Snapshot.Find(lost)!.UnreachableSince);
        }

        Assert.Equal(2, Plan(gateway).Length);
        await gateway.Directory.RefreshAsync(Stop);
        Assert.Equal(4, gateway.Directory.SwarmFor(DiscoveryGroup.Model, 8, gateway.Id).Spans.Length);
        gateway.Directory.ReportLost(new(Digest.Of("nobody"u8)));
    }

    [Fact]
    public async Task ADeadNode_StaysLost_AndComesBackUnderItsKey()
    {
        await using DiscoveryGroup group = new();
        (DiscoveryNode gateway, DiscoveryNode[] nodes) = await FiveAsync(group);
        await gateway.Directory.RefreshAsync(Stop);
        await nodes[0].Peer.DisposeAsync();
        gateway.Directory.ReportLost(nodes[0].Id);
        await gateway.Directory.RefreshAsync(Stop);
        Assert.NotNull(gateway.Directory.Snapshot.Find(nodes[0].Id)!.UnreachableSince);
        Assert.Equal([nodes[1].Id], Plan(gateway).Take(1));

        // Nobody has to report: not to answer is enough.
        await nodes[1].Peer.DisposeAsync();
        group.Run(gateway.Directory.RunAsync);
        await DiscoveryGroup.UntilAsync(() => Plan(gateway).IsEmpty);

        DiscoveryNode again = await group.StartAsync(gateway, identity: nodes[0].Identity);
        await again.Publisher.UpdateAsync([DiscoveryGroup.Served(0, 4)], Stop);
        await DiscoveryGroup.UntilAsync(() => Plan(gateway).Contains(again.Id));
    }

    [Fact]
    public async Task ANodeWhoseConnectionEnds_IsMeasuredAtOnce()
    {
        await using DiscoveryGroup group = new();
        (DiscoveryNode gateway, DiscoveryNode[] nodes) = await FiveAsync(group);
        group.Run(gateway.Directory.RunAsync);
        await DiscoveryGroup.UntilAsync(() => gateway.Directory.Snapshot.Nodes is { Length: 4 } all && all.All(known => known.RoundTrip is not null));
        TaskCompletionSource noticed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        gateway.Directory.Changed += () =>
        {
            if (gateway.Directory.Snapshot.Find(nodes[0].Id)?.UnreachableSince is not null)
            {
                noticed.TrySetResult();
            }
        };
        await nodes[0].Peer.DisposeAsync();
        await noticed.Task.WaitAsync(Stop);

        // One that merely hung up is still used.
        await gateway.Peer.DisconnectAsync(nodes[1].Peer.Id);
        await gateway.Directory.RefreshAsync(Stop);
        await DiscoveryGroup.UntilAsync(() => gateway.Directory.Snapshot.Find(nodes[1].Id)!.UnreachableSince is null);     // a ping may just have gone down with the connection
    }

    [Fact]
    public async Task AnotherNetwork_IsIgnored()
    {
        await using DiscoveryGroup group = new();
        DiscoveryNode gateway = await group.StartAsync();
        DiscoveryNode foreign = await group.StartAsync(gateway, network: "another");
        Assert.Equal(2, await foreign.Publisher.UpdateAsync([DiscoveryGroup.Served(0, 8)], Stop));
        gateway.Directory.Follow(DiscoveryGroup.Model);
        foreign.Directory.Follow(DiscoveryGroup.Model);
        await gateway.Directory.RefreshAsync(Stop);
        await foreign.Directory.RefreshAsync(Stop);
        Assert.Empty(gateway.Directory.Snapshot.Nodes);
        KnownNode itself = Assert.Single(foreign.Directory.Snapshot.Nodes);
        Assert.Equal((foreign.Id, TimeSpan.Zero), (itself.Record.Node, itself.RoundTrip!.Value));
        Assert.Equal([foreign.Id], Plan(foreign));
    }

    [Fact]
    public async Task AloneItself_IsEnough()
    {
        await using DiscoveryGroup group = new();
        DiscoveryNode node = await group.StartAsync();
        node.Directory.Follow(DiscoveryGroup.Model);
        await node.Publisher.UpdateAsync([DiscoveryGroup.Served(0, 8)], Stop);
        await node.Directory.RefreshAsync(Stop);
        Assert.Equal([node.Id], Plan(node));
    }

    [Fact]
    public async Task ABoast_IsHeldAgainstTheMeasurement()
    {
        await using DiscoveryGroup group = new();
        DiscoveryNode gateway = await group.StartAsync();
        DiscoveryNode honest = await group.StartAsync(gateway), boaster = await group.StartAsync(gateway);
        await honest.Publisher.UpdateAsync([DiscoveryGroup.Served(0, 8)], Stop);
        await boaster.Publisher.UpdateAsync([DiscoveryGroup.Served(0, 8) with { Cost = new(0, 0, 0) }], Stop);
        gateway.Directory.Follow(DiscoveryGroup.Model);
        await gateway.Directory.RefreshAsync(Stop);
        StepCost Cost(DiscoveryNode node) => gateway.Directory.SwarmFor(DiscoveryGroup.Model, 8, gateway.Id).Spans.Single(span => span.Node == node.Id).Cost;
        Assert.Equal(new(0, 0, 0), Cost(boaster));
        gateway.Directory.ReportStep(boaster.Id, DiscoveryGroup.Model, StageSpan.Whole(8), TimeSpan.FromMilliseconds(4));
        gateway.Directory.ReportStep(honest.Id, DiscoveryGroup.Model, StageSpan.Whole(8), TimeSpan.FromMicroseconds(900));
        gateway.Directory.ReportStep(honest.Id, new(Digest.Of("other"u8)), StageSpan.Whole(8), TimeSpan.FromSeconds(9));
        Assert.Equal(new(2000, 2000, 2000), Cost(boaster));
        Assert.Equal(DiscoveryGroup.Served(0, 8).Cost, Cost(honest));
    }
}

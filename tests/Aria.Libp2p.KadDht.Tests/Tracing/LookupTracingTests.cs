using Aria.Libp2p.KadDht.Tracing;

namespace Aria.Libp2p.KadDht.Tests.Tracing;

public sealed class LookupTracingTests
{
    private static readonly byte[] Key = Samples.Bytes("/ariatest/key");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ALookup_IsToldRequestByRequest()
    {
        await using KadGroup group = new();
        KadNode[] nodes = await group.StartManyAsync(5);
        await nodes[1].Dht.PutAsync(Key, "1 a"u8.ToArray(), Stop);
        using LookupTracing tracing = new();
        Assert.NotNull(await nodes[0].Dht.GetAsync(Key, Stop));
        LookupTrace lookup = Assert.Single(tracing.Lookups);
        Assert.Equal(("GetValue", 1, 4, 1, 4), (lookup.Type, lookup.Paths, lookup.Requests, lookup.Hops, lookup.Answered));
        Assert.Equal(nodes[1..].Select(node => node.Id.ToString()).Order(StringComparer.Ordinal), lookup.Steps.Select(step => step.Peer).Order(StringComparer.Ordinal));
        Assert.All(lookup.Steps, step =>
        {
            Assert.Equal((LookupStepOutcome.Answered, 1, true, 0), (step.Outcome, step.Hop, step.Record, step.Providers));
            Assert.Equal(KadDistance.PrefixBits(Key, PeerId.Parse(step.Peer)), step.PrefixBits);
            Assert.InRange(step.At + step.Took!.Value, TimeSpan.Zero, lookup.Took);
            Assert.Equal(3, step.Named);        // all but the asker and itself
        });
    }

    [Fact]
    public async Task FailuresAreTold_AndLookupsOfOthersAreNot()
    {
        await using KadGroup group = new();
        KadNode[] nodes = await group.StartManyAsync(3);
        LocalPeer refusing = await group.StartPeerAsync();
        refusing.Handle(KadGroup.Protocol, (stream, _) =>
        {
            stream.Reset();
            return Task.CompletedTask;
        });
        await nodes[0].Peer.ConnectAsync(refusing.Addresses[0], Stop);
        await KadGroup.UntilAsync(() => nodes[0].Dht.RoutingTableCount == 3);
        using LookupTracing tracing = new();
        Task<IReadOnlyList<PeerInfo>> elsewhere;
        using (ExecutionContext.SuppressFlow())
        {
            elsewhere = Task.Run(() => nodes[1].Dht.FindClosestAsync(Key, Stop), Stop);
        }

        Assert.Equal(2, (await nodes[0].Dht.FindClosestAsync(Key, Stop)).Count);
        await elsewhere;
        LookupTrace lookup = Assert.Single(tracing.Lookups);
        Assert.Equal(LookupStepOutcome.Failed, lookup.Steps.Single(step => step.Peer == refusing.Id.ToString()).Outcome);
        Assert.Equal(2, lookup.Steps.Count(step => step.Outcome == LookupStepOutcome.Answered));
    }
}

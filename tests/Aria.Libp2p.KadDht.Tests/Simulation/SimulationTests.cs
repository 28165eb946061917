using Aria.Libp2p.KadDht.Lookups;
using Aria.Libp2p.KadDht.Messages;
using Aria.Libp2p.KadDht.Routing;

namespace Aria.Libp2p.KadDht.Tests.Simulation;

/// <summary>A thousand nodes with the product's own routing: what it finds, how far it goes, what it survives. Seeded, so the figures never vary.</summary>
public sealed class SimulationTests
{
    private const int Nodes = 1000;

    private readonly ITestOutputHelper _output = TestContext.Current.TestOutputHelper!;

    private static SimulatedNetwork Joined()
    {
        SimulatedNetwork network = new(Nodes, seed: 42);
        network.Join();
        return network;
    }

    private static int Percentile(IEnumerable<int> values, int percent)
    {
        int[] sorted = [.. values.Order()];
        return sorted[(sorted.Length - 1) * percent / 100];
    }

    [Fact]
    public void AllAlive_EveryLookupFindsTheTwentyClosest_InFewHops()
    {
        SimulatedNetwork network = Joined();
        List<DisjointLookup> lookups = [];
        for (int i = 0; i < 300; i++)
        {
            SimulatedNode from = network.Pick(network.Nodes);
            byte[] key = network.RandomKey();
            DisjointLookup lookup = network.Lookup(from, new(KadMessageType.FindNode, key));
            Assert.Equal(
                network.ClosestOf(network.Nodes.Where(node => node != from), KadKey.Of(key)).Select(node => node.Id),
                lookup.Closest.Select(candidate => candidate.Peer.Id));
            lookups.Add(lookup);
        }

        int[] hops = [.. lookups.Select(lookup => lookup.Hops)], requests = [.. lookups.Select(lookup => lookup.Requests)];
        _output.WriteLine($"hops p50 {Percentile(hops, 50)} p90 {Percentile(hops, 90)} max {hops.Max()}; requests p50 {Percentile(requests, 50)} p90 {Percentile(requests, 90)}");
        Assert.True(Percentile(hops, 50) <= 3 && Percentile(hops, 90) <= 4 && Percentile(requests, 50) <= 45);

        // Nearly every table holds the own neighbourhood whole.
        int[] known = [.. network.Nodes.Select(node => network.ClosestOf(network.Nodes.Where(other => other != node), node.Key).Count(other => node.Table.Contains(other.Id)))];
        _output.WriteLine($"tables with at least 18 of the 20 closest: {known.Count(count => count >= 18) * 100.0 / Nodes} %");
        Assert.True(known.Count(count => count >= 18) >= Nodes * 99 / 100);
    }

    [Fact]
    public void ThreeTenthsDead_PutsReachTheClosest_AfterOneRefresh()
    {
        SimulatedNetwork network = Joined();
        Random random = new(7);
        foreach (SimulatedNode node in network.Nodes.Where(_ => random.NextDouble() < 0.3))
        {
            node.IsAlive = false;
        }

        SimulatedNode[] living = [.. network.Honest];
        int before = Share(network, living);
        foreach (SimulatedNode node in living)
        {
            network.Refresh(node);
        }

        int after = Share(network, living);
        _output.WriteLine($"{Nodes - living.Length} dead; puts that reach at least 18 of the 20 closest: {before} % before the refresh, {after} % after it");
        Assert.True(after >= 95);

        static int Share(SimulatedNetwork network, SimulatedNode[] living)
        {
            const int Puts = 200;
            int reached = 0;
            for (int i = 0; i < Puts; i++)
            {
                SimulatedNode from = network.Pick(living);
                byte[] key = network.RandomKey();
                SimulatedNode[] closest = network.ClosestOf(living.Where(node => node != from), KadKey.Of(key));
                reached += network.Put(from, key, "1 a"u8.ToArray()).Intersect(closest).Count() >= 18 ? 1 : 0;
                Assert.True(network.Get(network.Pick(living), key, "1 a"u8.ToArray()));
            }

            return reached * 100 / Puts;
        }
    }

    [Theory]
    [InlineData(3, 99, 100)]
    [InlineData(1000, 0, 10)]      // without the limits the attack works: the simulation is no straw man
    public void FortyFiveSybilsOfOneIpGroup_AroundAKey_DoNotHideIt(int maxPerGroup, int least, int most)
    {
        KadOptions options = new()
        {
            Protocol = "/simulated",
            Validators = Samples.Validators,
            MaxPerGroupInBucket = Math.Max(2, maxPerGroup - 1),
            MaxPerGroupInTable = maxPerGroup,
            MaxPerGroupInLookup = maxPerGroup,
        };
        SimulatedNetwork network = new(Nodes, seed: 42, options);
        byte[] key = "/ariatest/attacked"u8.ToArray();
        SimulatedNode[] sybils = Sybils(network, KadKey.Of(key), 45);
        network.Join();
        Array.ForEach(sybils, sybil => sybil.Accomplices = sybils);

        const int Attempts = 200;
        int puts = 0, gets = 0;
        for (int i = 0; i < Attempts; i++)
        {
            // Each attempt puts a new best value from somewhere and reads it from elsewhere.
            byte[] value = Samples.Bytes($"{i} value");
            SimulatedNode from = network.Pick(network.Honest);
            puts += network.Put(from, key, value).Any(holder => holder.Accomplices is null) ? 1 : 0;
            gets += network.Get(network.Pick(network.Honest.Where(node => node != from)), key, value) ? 1 : 0;
        }

        _output.WriteLine($"at most {maxPerGroup} a group: {puts * 100 / Attempts} % of puts reach an honest holder, {gets * 100 / Attempts} % of gets find the value");
        Assert.InRange(puts * 100 / Attempts, least, most);
        Assert.InRange(gets * 100 / Attempts, least, most);
    }

    [Theory]
    [InlineData(10, 97)]
    [InlineData(30, 85)]
    public void LiarsEverywhere_LeadFewerAstray_OnDisjointPaths(int percent, int least)
    {
        SimulatedNetwork network = Joined();
        Random random = new(7);
        SimulatedNode[] liars = [.. network.Nodes.Where(_ => random.Next(100) < percent)];
        Array.ForEach(liars, liar => liar.Accomplices = liars);
        int[] found = new int[2], requests = new int[2];
        const int Lookups = 200;
        for (int i = 0; i < Lookups; i++)
        {
            SimulatedNode from = network.Pick(network.Honest);
            byte[] key = network.RandomKey();
            PeerId[] closest = [.. network.ClosestOf(network.Honest.Where(node => node != from), KadKey.Of(key)).Select(node => node.Id)];
            for (int which = 0; which < 2; which++)
            {
                HashSet<PeerId> answered = [];
                DisjointLookup lookup = network.Lookup(from, new(KadMessageType.FindNode, key), (node, _) => answered.Add(node.Id), paths: which == 0 ? 1 : 4);
                found[which] += closest.Count(answered.Contains);
                requests[which] += lookup.Requests;
            }
        }

        int[] shares = [.. found.Select(count => count * 100 / (Lookups * network.Options.K))];
        _output.WriteLine($"{percent} % liars: of the 20 closest honest peers one path asks {shares[0]} % ({requests[0] / Lookups} requests), four paths {shares[1]} % ({requests[1] / Lookups})");
        Assert.True(shares[1] >= least && shares[1] > shares[0]);
    }

    // Identities are free: of many tried, those closest to the key are kept.
    private static SimulatedNode[] Sybils(SimulatedNetwork network, KadKey target, int count)
    {
        Random random = new(99);
        PeerId[] ids =
        [
            .. Enumerable.Range(0, 200_000).Select(_ => Samples.Peer(random)).OrderBy(KadKey.Of, Comparer<KadKey>.Create(target.CompareDistance)).Take(count),
        ];
        return [.. ids.Select((id, i) => network.Add(id, Multiaddress.Parse($"/ip4/203.0.{i}.1/tcp/4001")))];
    }
}

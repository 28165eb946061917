using System.Globalization;
using Aria.Libp2p.KadDht.Lookups;
using Aria.Libp2p.KadDht.Messages;
using Aria.Libp2p.KadDht.Regions;
using Aria.Libp2p.KadDht.Routing;

namespace Aria.Libp2p.KadDht.Tests.Simulation;

/// <summary>
/// A thousand nodes with the product's own routing: what it finds, how far it goes, what it survives. Seeded, so the figures never vary. With
/// <c>ARIA_SIMULATED_NODES</c> as many as that says; the figures for 10,000 stand in <c>benchmarks/results/kad.md</c>.
/// </summary>
public sealed class SimulationTests
{
    private static readonly int Nodes = int.TryParse(Environment.GetEnvironmentVariable("ARIA_SIMULATED_NODES"), CultureInfo.InvariantCulture, out int nodes) ? nodes : 1000;

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
        foreach (int paths in (int[])[1, network.Options.Paths])
        {
            List<DisjointLookup> lookups = [];
            for (int i = 0; i < 300; i++)
            {
                SimulatedNode from = network.Pick(network.Nodes);
                byte[] key = network.RandomKey();
                DisjointLookup lookup = network.Lookup(from, new(KadMessageType.FindNode, key), paths: Math.Min(paths, network.PathsOf(from)));
                Assert.Equal(
                    network.ClosestOf(network.Nodes.Where(node => node != from), KadKey.Of(key)).Select(node => node.Id),
                    lookup.Closest.Select(candidate => candidate.Peer.Id));
                lookups.Add(lookup);
            }

            int[] hops = [.. lookups.Select(lookup => lookup.Hops)], requests = [.. lookups.Select(lookup => lookup.Requests)];
            _output.WriteLine($"{Nodes} nodes, {paths} paths: hops p50 {Percentile(hops, 50)} p90 {Percentile(hops, 90)} max {hops.Max()}; requests p50 {Percentile(requests, 50)} p90 {Percentile(requests, 90)} max {requests.Max()}");
            Assert.True(Percentile(hops, 50) <= 3 && Percentile(hops, 90) <= 4 && Percentile(requests, 50) <= 45 * paths);
            Assert.True(requests.Max() <= LookupBounds.Of(network.Options).MaxRequests / 2);
        }

        // Nearly every table holds the own neighbourhood whole.
        int[] known = [.. network.Nodes.Select(node => network.ClosestOf(network.Nodes.Where(other => other != node), node.Key).Count(other => node.Table.Contains(other.Id)))];
        _output.WriteLine($"tables with at least 18 of the 20 closest: {known.Count(count => count >= 18) * 100.0 / Nodes} %");
        Assert.True(known.Count(count => count >= 18) >= Nodes * 99 / 100);

        // And after a refresh each knows about how many there are.
        SimulatedNode[] some = [.. Enumerable.Range(0, 100).Select(_ => network.Pick(network.Nodes))];
        Array.ForEach(some, node => network.Refresh(node));
        double[] sizes = [.. some.Select(node => node.Size.Value!.Value / Nodes).Order()];
        _output.WriteLine($"estimated size of the network: p5 {sizes[5]:0.00}, p50 {sizes[50]:0.00}, p95 {sizes[95]:0.00} of the true one");
        Assert.True(sizes[5] > 0.7 && sizes[95] < 1.4);

        // Which is enough to tell of a peer alone that it is among the closest.
        int early = 0, rightly = 0;
        foreach (SimulatedNode from in some)
        {
            KadKey key = KadKey.Of(network.RandomKey());
            LikelyHolders likely = new(key, from.Size.Value!.Value, network.Options.K);
            HashSet<SimulatedNode> closest = [.. network.ClosestOf(network.Nodes, key)];
            SimulatedNode[] told = [.. network.Nodes.Where(node => likely.Contains(node.Key))];
            (early, rightly) = (early + told.Length, rightly + told.Count(closest.Contains));
        }

        _output.WriteLine($"told before a lookup's end: {early / 100.0} peers, {rightly * 100.0 / early:0.0} % of them among the 20 closest");
        Assert.True(early >= 100 * 8 && rightly >= early * 0.93);
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
                reached += network.Put(from, key, "1 a"u8.ToArray(), network.PathsOf(from)).Intersect(closest).Count() >= 18 ? 1 : 0;
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
        SimulatedNode[] sybils = Sybils(network, KadKey.Of(key), 45, groups: 1);
        network.Join();
        Array.ForEach(sybils, sybil => sybil.Accomplices = sybils);

        const int Attempts = 200;
        int puts = 0, gets = 0;
        for (int i = 0; i < Attempts; i++)
        {
            // Each attempt puts a new best value from somewhere and reads it from elsewhere.
            byte[] value = Samples.Bytes($"{i} value");
            SimulatedNode from = network.Pick(network.Honest);
            puts += network.Put(from, key, value).Any(holder => holder.IsHonest) ? 1 : 0;
            gets += network.Get(network.Pick(network.Honest.Where(node => node != from)), key, value) ? 1 : 0;
        }

        _output.WriteLine($"at most {maxPerGroup} a group: {puts * 100 / Attempts} % of puts reach an honest holder, {gets * 100 / Attempts} % of gets find the value");
        Assert.InRange(puts * 100 / Attempts, least, most);
        Assert.InRange(gets * 100 / Attempts, least, most);
    }

    [Fact]
    public void FortyFiveSybilsOfFifteenIpGroups_AroundAKey_DoNotHideIt_FromRegions()
    {
        SimulatedNetwork network = new(Nodes, seed: 42);
        byte[] key = "/ariatest/attacked"u8.ToArray();
        SimulatedNode[] sybils = Sybils(network, KadKey.Of(key), 45, groups: 15);
        network.Join();
        Array.ForEach(sybils, sybil => sybil.Accomplices = sybils);
        SimulatedNode[] actors = [.. Enumerable.Range(0, 60).Select(_ => network.Pick(network.Honest)).Distinct()];
        Array.ForEach(actors, node => network.Refresh(node));
        const int Attempts = 200;
        int number = 0;
        (int Puts, int Gets, double HoldersOfRegion) Try(bool onPaths, bool inRegion)
        {
            int puts = 0, gets = 0, holders = 0, inside = 0;
            for (int i = 0; i < Attempts; i++)
            {
                byte[] value = Samples.Bytes($"{++number} value");
                SimulatedNode from = network.Pick(actors), reader = network.Pick(actors.Where(node => node != from));
                int honest = network.Put(from, key, value, onPaths ? network.PathsOf(from) : 1, inRegion).Count(holder => holder.IsHonest);
                (puts, holders) = (puts + (honest > 0 ? 1 : 0), holders + honest);
                KeyRegion region = KeyRegion.Around(KadKey.Of(key), from.Size.Value, network.Options.K)!.Value;
                inside += network.Honest.Count(node => node != from && region.Contains(node.Key));
                gets += network.Get(reader, key, value, onPaths ? network.PathsOf(reader) : 1, inRegion) ? 1 : 0;
            }

            string text = $"{(onPaths ? "disjoint paths" : "one path")}, {(inRegion ? "region" : "the 20 closest")}";
            _output.WriteLine($"{text}: {puts * 100.0 / Attempts} % of puts reach an honest holder ({holders / (double)Attempts:0.0} of them, where {inside / (double)Attempts:0.0} stand in the region), {gets * 100.0 / Attempts} % of gets find the value");
            return (puts * 100 / Attempts, gets * 100 / Attempts, holders / (double)inside);
        }

        Assert.InRange(Try(onPaths: false, inRegion: false).Puts, 0, 50);       // the attack works where nothing is done against it
        Try(onPaths: true, inRegion: false);
        Try(onPaths: false, inRegion: true);
        (int Puts, int Gets, double HoldersOfRegion) both = Try(onPaths: true, inRegion: true);
        Assert.True(both.Puts >= 95 && both.Gets >= 95 && both.HoldersOfRegion >= 0.9);
    }

    [Fact]
    public void InventedPeers_AtTheAddressesOfHonestOnes_KeepNobodyOut()
    {
        SimulatedNetwork network = Joined();
        Random random = new(7);
        SimulatedNode[] liars = [.. network.Nodes.Where(_ => random.Next(100) < 10)];
        foreach (SimulatedNode liar in liars)
        {
            // Each names twenty who do not exist, in the IP groups of those who stand closest: three a group would fill it for good.
            liar.Invents = target => [.. network.ClosestOf(network.Honest, target).Select(victim => new KadPeer(Samples.Peer(random), [.. victim.Info.Addresses]))];
        }

        int found = 0, requests = 0, exhausted = 0;
        const int Lookups = 100;
        for (int i = 0; i < Lookups; i++)
        {
            SimulatedNode from = network.Pick(network.Honest);
            byte[] key = network.RandomKey();
            HashSet<PeerId> closest = [.. network.ClosestOf(network.Honest.Where(node => node != from), KadKey.Of(key)).Select(node => node.Id)];
            DisjointLookup lookup = network.Lookup(from, new(KadMessageType.FindNode, key), paths: network.PathsOf(from));
            found += lookup.Answering.Count(candidate => closest.Contains(candidate.Peer.Id));
            requests += lookup.Requests;
            exhausted += lookup.IsExhausted ? 1 : 0;
        }

        _output.WriteLine($"10 % invent peers: {found * 100.0 / (Lookups * 20):0.0} % of the 20 closest honest peers answer ({requests / Lookups} requests); {exhausted} % of lookups came to their bound");
        Assert.True(found >= Lookups * 20 * 99 / 100 && exhausted == 0);
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
    private static SimulatedNode[] Sybils(SimulatedNetwork network, KadKey target, int count, int groups)
    {
        Random random = new(99);
        Comparer<KadKey> nearer = Comparer<KadKey>.Create(target.CompareDistance);
        PeerId[] ids = [];
        for (int tried = 0; tried < 200 * Nodes; tried += 50_000)
        {
            ids = [.. ids.Concat(Enumerable.Range(0, 50_000).Select(_ => Samples.Peer(random))).OrderBy(KadKey.Of, nearer).Take(count)];
        }

        return [.. ids.Select((id, i) => network.Add(id, Multiaddress.Parse($"/ip4/203.{i % groups}.{i}.1/tcp/4001")))];
    }
}

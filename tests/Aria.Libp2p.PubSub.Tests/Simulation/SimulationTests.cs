using Aria.Libp2p.PubSub.Messages;
using Aria.Libp2p.PubSub.Scoring;
using Aria.Testing;

namespace Aria.Libp2p.PubSub.Tests.Simulation;

/// <summary>Many nodes with the product's own router in virtual time, over links of 20 ms.</summary>
public sealed class SimulationTests
{
    private static readonly TimeSpan LinkDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    private sealed record Published(MessageId Id, SimulatedNode By, TimeSpan At);

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private static (SimulatedNetwork Network, SimulatedNode[] Nodes) Build(int seed, int nodes, int dialed, GossipOptions options)
    {
        SimulatedNetwork network = new(seed, LinkDelay);
        SimulatedNode[] all = [.. Enumerable.Range(0, nodes).Select(number => network.Add(number, options))];
        foreach (SimulatedNode node in all)
        {
            foreach (SimulatedNode other in network.Random.GetItems(all, dialed))
            {
                SimulatedNetwork.Connect(node, other);
            }
        }

        foreach (SimulatedNode node in all)
        {
            node.Subscribe();
        }

        return (network, all);
    }

    private static List<Published> PublishMany(SimulatedNetwork network, SimulatedNode[] nodes, int count, TimeSpan over, int bytes = 100)
    {
        List<Published> published = [];
        for (int i = 0; i < count; i++)
        {
            SimulatedNode by = nodes[network.Random.Next(nodes.Length)];
            network.After(network.Random.NextDouble() * over, () => published.Add(new(by.Publish(bytes), by, network.Now)));
        }

        return published;
    }

    private static TimeSpan[] DelaysOf(List<Published> published, SimulatedNode[] nodes) =>
        [.. published.SelectMany(one => nodes.Where(node => node != one.By && node.Delivered.ContainsKey(one.Id)).Select(node => node.Delivered[one.Id] - one.At)).Order()];

    // As many as there should be, or as may be grafted still.
    private static void AssertWholeMeshes(SimulatedNode[] nodes) => Assert.All(nodes, node => Assert.InRange(
        node.Mesh.Count, Math.Min(node.Options.DLow, node.Neighbours.Except(node.Pruned).Count()), node.Options.DHigh + node.Options.DOut));

    private static void Tell(string what) => TestContext.Current.TestOutputHelper!.WriteLine(what);

    [Theory]
    [InlineData(true, 100)]
    [InlineData(false, 100)]
    [InlineData(false, 2000)]       // with IDONTWANT
    public void FiftyNodes_EveryMessageReachesEveryone_Soon(bool floodsOwn, int bytes)
    {
        const int Messages = 300;
        (SimulatedNetwork network, SimulatedNode[] nodes) = Build(TestSeed.Random(7).Next(), nodes: 50, dialed: 8, new() { FloodsOwn = floodsOwn });
        network.RunFor(WarmUp);
        long before = network.Frames;
        List<Published> published = PublishMany(network, nodes, Messages, over: Seconds(10), bytes);
        network.RunFor(Seconds(15));
        TimeSpan[] delays = DelaysOf(published, nodes);
        Assert.Equal(Messages, published.Count);
        Assert.Equal(Messages * (nodes.Length - 1), delays.Length);
        TimeSpan p99 = delays[delays.Length * 99 / 100];
        Tell($"p50 {delays[delays.Length / 2].TotalMilliseconds} ms, p99 {p99.TotalMilliseconds} ms, max {delays[^1].TotalMilliseconds} ms, {(network.Frames - before) / (double)delays.Length:0.0} frames a delivery");
        Assert.True(p99 <= Seconds(0.3), $"{p99}");
        AssertWholeMeshes(nodes);
    }

    [Fact]
    public void OneSeed_GivesOneRun()
    {
        int seed = TestSeed.Random().Next();
        string Run()
        {
            (SimulatedNetwork network, SimulatedNode[] nodes) = Build(seed, nodes: 20, dialed: 5, new());
            PublishMany(network, nodes, 20, over: Seconds(5));
            network.RunFor(Seconds(10));
            return string.Join('\n', nodes.SelectMany(node => node.Delivered).Select(one => $"{one.Key} {one.Value}").Append($"{network.Frames}"));
        }

        Assert.Equal(Run(), Run());
    }

    [Fact]
    public void ThreeInTenLeave_AndTheMeshesAreWholeAfterThreeHeartbeats()
    {
        (SimulatedNetwork network, SimulatedNode[] nodes) = Build(TestSeed.Random(7).Next(), nodes: 50, dialed: 10, new());
        network.RunFor(WarmUp);
        SimulatedNode[] gone = [.. nodes.Take(15)], left = [.. nodes.Skip(15)];
        foreach (SimulatedNode node in gone)
        {
            network.Remove(node);
        }

        network.RunFor(3 * left[0].Options.HeartbeatInterval);
        AssertWholeMeshes(left);
        List<Published> published = PublishMany(network, left, 50, over: Seconds(1));
        network.RunFor(Seconds(5));
        Assert.Equal(50 * (left.Length - 1), DelaysOf(published, left).Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void SevenInTenAreSybils_AndEveryMessageArrives(bool deliveriesAreExpected)
    {
        // The rate of the topic is known where deliveries are expected (P3): 5 messages a second, so about 300 in the counter's minute.
        TopicScoreOptions topic = new()
        {
            MeshDeliveriesWeight = -1, MeshDeliveriesThreshold = 10, MeshDeliveriesActivation = Seconds(10), MeshFailureWeight = -1,
        };
        GossipOptions options = new() { Score = deliveriesAreExpected ? new() { AnyTopic = topic } : new() };
        SimulatedNetwork network = new(TestSeed.Random(7).Next(), LinkDelay);
        SimulatedNode[] honest = [.. Enumerable.Range(0, 15).Select(number => network.Add(number, options))];
        foreach (SimulatedNode node in honest)
        {
            // Whom a node knows is mostly not honest: each dials 4 honest nodes of 15, and every sybil dials everyone.
            foreach (SimulatedNode other in network.Random.GetItems(honest, 4))
            {
                SimulatedNetwork.Connect(node, other);
            }

            SimulatedNetwork.Connect(node, honest[(Array.IndexOf(honest, node) + 1) % honest.Length]);
        }

        SimulatedNode[] sybils = [.. Enumerable.Range(100, 35).Select(number => AddSybil(network, number))];
        foreach (SimulatedNode sybil in sybils)
        {
            sybil.Subscribe();
            Array.ForEach(honest, victim => SimulatedNetwork.Connect(sybil, victim));
        }

        network.RunFor(Seconds(1));
        Array.ForEach(honest, node => node.Subscribe());
        network.RunFor(Seconds(1));
        PeerId[] bad = [.. sybils.Select(sybil => sybil.Id)];
        int meshedAtFirst = honest.Sum(node => node.Mesh.Intersect(bad).Count());

        List<Published> published = PublishMany(network, honest, 400, over: Seconds(80));
        network.RunFor(Seconds(90));
        TimeSpan[] delays = DelaysOf(published, honest);
        int meshed = honest.Sum(node => node.Mesh.Intersect(bad).Count());
        Tell($"p50 {delays[delays.Length / 2].TotalMilliseconds} ms, p99 {delays[delays.Length * 99 / 100].TotalMilliseconds} ms, max {delays[^1].TotalMilliseconds} ms; sybils in meshes {meshedAtFirst}, then {meshed}");
        Assert.Equal(400 * (honest.Length - 1), delays.Length);
        Assert.True(meshedAtFirst > honest.Length);
        foreach (SimulatedNode sybil in sybils.Where(sybil => deliveriesAreExpected || sybil.Misconduct != Misconduct.Mute))
        {
            Assert.All(honest, node => Assert.True(node.ScoreOf(sybil.Id) < 0, $"{sybil.Misconduct} has {node.ScoreOf(sybil.Id)}"));
            Assert.All(honest, node => Assert.DoesNotContain(sybil.Id, node.Mesh));
        }

        // Whoever behaves loses nothing; where deliveries are expected, a few are judged by having brought little lately.
        int wronged = honest.Sum(node => node.Neighbours.Except(bad).Count(other => node.ScoreOf(other) < 0));
        Assert.InRange(wronged, 0, deliveriesAreExpected ? honest.Length : 0);
    }

    private static SimulatedNode AddSybil(SimulatedNetwork network, int number) =>
        network.Add(number, new() { Score = new() { AnyTopic = null }, MaxIHaveMessages = 0, IWantFollowUp = TimeSpan.FromDays(1) }, isHonest: false, (Misconduct)(1 + (number % 3)));
}

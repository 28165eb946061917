using Aria.Cli.Testnet;
using CsCheck;

namespace Aria.Cli.Tests.Testnet;

public sealed class TestnetLayoutTests
{
    [Fact]
    public void Default_IsTwoHalvesHeldTwice()
    {
        TestnetLayout layout = TestnetLayout.Of(new(), 8);
        StageSpan front = new(true, LayerRange.Of(0, 4), false);
        StageSpan back = new(false, LayerRange.Of(4, 8), true);
        Assert.Equal(
            [new("n1", front, 7421, 1), new("n2", front, 7422, 1), new("n3", back, 7423, 1), new("n4", back, 7424, 1)],
            layout.Nodes);
        Assert.Equal(7425, layout.GatewayPeerPort);
        Assert.Equal([2, 2, 2, 2, 2, 2, 2, 2], layout.HoldersOf(8));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void OneReplica_CutsTheModelIntoThatManySpans(int nodes)
    {
        TestnetLayout layout = TestnetLayout.Of(new() { Layout = new NodeLayout.Even(nodes, 1) }, 8);
        Assert.Equal(nodes, layout.Nodes.Length);
        Assert.Equal(StageSpan.Whole(8), new(layout.Nodes[0].Span.Embedding, LayerRange.Of(0, layout.Nodes.Sum(node => node.Span.Layers.Count)), layout.Nodes[^1].Span.Head));
    }

    [Fact]
    public void EvenSpans_AreDisjoint_InOrder_AndNearEqual() => Gen.Select(Gen.Int[1, 40], Gen.Int[1, 16], Gen.Int[1, 4]).Sample((layers, spans, replicas) =>
    {
        if (spans > layers || spans * replicas > Topology.MaxNodes)
        {
            return true;
        }

        LayerRange[] ranges = [.. TestnetLayout.Of(new() { Layout = new NodeLayout.Even(spans * replicas, replicas) }, layers).Nodes.Select(node => node.Span.Layers)];
        LayerRange[] distinct = [.. ranges.Distinct()];
        return distinct.Length == spans
            && distinct[0].Start == 0
            && distinct[^1].End == layers
            && distinct.Zip(distinct.Skip(1)).All(pair => pair.First.Precedes(pair.Second))
            && distinct.All(range => range.Count >= layers / spans && range.Count <= (layers + spans - 1) / spans)
            && ranges.GroupBy(range => range).All(group => group.Count() == replicas);
    });

    [Theory]
    [InlineData(4, 3, "do not divide")]
    [InlineData(16, 1, "cannot be cut into 16 spans")]
    [InlineData(0, 1, "1 to 64 nodes")]
    public void ImpossibleCounts_AreRefused(int nodes, int replicas, string says)
    {
        TopologyException refusal = Assert.Throws<TopologyException>(() => TestnetLayout.Of(new() { Layout = new NodeLayout.Even(nodes, replicas) }, 8));
        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(7420, 7418)]            // node n3's
    [InlineData(7424, 7420)]            // the gateway's own peer port
    [InlineData(7420, 7420)]
    public void HttpPortAmongThePeerPorts_IsRefused(int port, int peerPort)
    {
        TopologyException refusal = Assert.Throws<TopologyException>(() => TestnetLayout.Of(new() { Port = port, PeerPort = peerPort }, 8));
        Assert.Contains($"Port {port} is asked for twice", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""[ { "layers": "0-4" } ]""", "layer 4, layer 5, layer 6, layer 7, the head")]
    [InlineData("""[ { "layers": "1-8" } ]""", "the embedding together with layer 0, layer 0")]
    [InlineData("""[ { "layers": "0-8", "head": false } ]""", "the head")]
    [InlineData("""[ { "layers": "0-9" } ]""", "has only 8")]
    public void ListWithoutCover_IsRefused_NamingWhatIsMissing(string nodes, string says)
    {
        Topology topology = TopologyFile.Parse($$"""{ "nodes": {{nodes}} }""");
        TopologyException refusal = Assert.Throws<TopologyException>(() => TestnetLayout.Of(topology, 8));
        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    [InlineData(4, 2)]
    [InlineData(8, 2)]
    public void NodeCountAlone_MeansTwoReplicas_WhereTwoSpansRemain(int nodes, int replicas) =>
        Assert.Equal(new(nodes, replicas), NodeLayout.Even.For(nodes));
}

using Aria.Cli.Testnet;

namespace Aria.Cli.Tests.Testnet;

public sealed class TopologyFileTests
{
    [Theory]
    [InlineData("default.jsonc")]
    [InlineData("uneven.jsonc")]
    public void ShippedFiles_AreRead_AndLaidOutOnEightLayers(string name)
    {
        Topology topology = TopologyFile.Read(Path.Combine(AppContext.BaseDirectory, "testnet", name));
        Assert.NotEmpty(TestnetLayout.Of(topology, 8).Nodes);
    }

    [Fact]
    public void DefaultFile_SaysWhatTheBuiltInDefaultsSay() =>
        Assert.Equal(new Topology(), TopologyFile.Read(Path.Combine(AppContext.BaseDirectory, "testnet", "default.jsonc")));

    [Fact]
    public void CommentsAndTrailingCommas_AreAllowed()
    {
        Topology topology = TopologyFile.Parse("""
            // a line
            { "nodes": 6, /* within */ "replicas": 3, "seed": "s", "port": 0, "peer_port": 0, "threads": 2, }
            """);
        Assert.Equal(new Topology { Layout = new NodeLayout.Even(6, 3), Seed = "s", Port = 0, PeerPort = 0, Threads = 2 }, topology);
    }

    [Fact]
    public void ListedNodes_KeepTheirUnits()
    {
        Topology topology = TopologyFile.Parse("""{ "nodes": [ { "layers": "0-3" }, { "name": "b", "layers": "3-8", "head": true, "threads": 4 }, { "layers": "all", "embedding": false } ] }""");
        NodeLayout.Listed listed = Assert.IsType<NodeLayout.Listed>(topology.Layout);
        Assert.Equal(
            [new("n1", LayerRange.Of(0, 3), null, null, null), new("b", LayerRange.Of(3, 8), null, true, 4), new("n3", null, false, null, null)],
            listed.Nodes);
    }

    [Theory]
    [InlineData("", "line 1")]
    [InlineData("[]", "object")]
    [InlineData("{ \"nodes\": 4 ", "line 1")]
    [InlineData("{ \"nodse\": 4 }", "did you mean \"nodes\"")]
    [InlineData("{ \"nodes\": 4, \"nodes\": 5 }", "nodes")]
    [InlineData("{ \"nodes\": 0 }", "from 1 to 64")]
    [InlineData("{ \"nodes\": 4.5 }", "from 1 to 64")]
    [InlineData("{ \"nodes\": [] }", "1 to 64 entries")]
    [InlineData("{ \"port\": 65536 }", "from 0 to 65535")]
    [InlineData("{ \"seed\": 42 }", "text")]
    [InlineData("{ \"nodes\": [ { \"layers\": \"4-2\" } ] }", "nodes[0].layers")]
    [InlineData("{ \"nodes\": [ { \"layer\": \"0-2\" } ] }", "nodes[0]: unknown key \"layer\"; did you mean \"layers\"")]
    [InlineData("{ \"nodes\": [ { \"name\": \"a\" }, { \"name\": \"a\" } ] }", "two are called \"a\"")]
    [InlineData("{ \"nodes\": [ { \"name\": \"../a\" } ] }", "no node name")]
    [InlineData("{ \"nodes\": [ { \"name\": \"all\" } ] }", "no node name")]
    [InlineData("{ \"nodes\": [ { \"name\": \"a\" } ], \"replicas\": 2 }", "replicas")]
    public void WrongFile_IsRefused_SayingWhatAndWhere(string text, string says)
    {
        TopologyException refusal = Assert.Throws<TopologyException>(() => TopologyFile.Parse(text));
        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AbsentFile_IsRefused_ByItsPath()
    {
        TopologyException refusal = Assert.Throws<TopologyException>(() => TopologyFile.Read("/nowhere/t.jsonc"));
        Assert.StartsWith("/nowhere/t.jsonc: ", refusal.Message, StringComparison.Ordinal);
    }
}

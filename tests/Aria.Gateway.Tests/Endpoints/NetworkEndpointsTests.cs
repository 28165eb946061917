using System.Text.Json;
using Aria.Discovery;
using Aria.Gateway.Tests.Network;
using Aria.Provenance.Records;
using Aria.Provenance.Signatures;

namespace Aria.Gateway.Tests.Endpoints;

/// <summary>What a gateway tells about itself and its network.</summary>
public sealed class NetworkEndpointsTests(TestNetwork network)
{
    [Fact]
    public async Task Models_AreListed_WithTheirCoverage()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        JsonElement list = await gateway.GetAsync("/v1/models");
        Assert.Equal("list", list.GetProperty("object").GetString());
        JsonElement model = Assert.Single(list.GetProperty("data").EnumerateArray());
        Assert.Equal(("aria-tiny", "model", "aria"), (model.GetProperty("id").GetString(), model.GetProperty("object").GetString(), model.GetProperty("owned_by").GetString()));
        JsonElement facts = model.GetProperty("aria");
        Assert.Equal(network.Model.Id.ToString(), facts.GetProperty("model_id").GetString());
        Assert.Equal(network.Model.Shape.Context, facts.GetProperty("context_length").GetInt32());
        Assert.Equal(Enumerable.Repeat(1, network.Model.Shape.Layers), facts.GetProperty("coverage").EnumerateArray().Select(count => count.GetInt32()));
        Assert.True(facts.GetProperty("servable").GetBoolean());
        Assert.Equal(model.ToString(), (await gateway.GetAsync("/v1/models/aria-tiny")).ToString());
    }

    [Fact]
    public async Task UnknownModel_IsNotFound()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        JsonElement error = (await gateway.GetAsync("/v1/models/org%2Fgpt-4", 404)).GetProperty("error");
        Assert.Equal("model_not_found", error.GetProperty("code").GetString());
        Assert.Contains("org/gpt-4", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_IsOk_WhenEveryLayerIsServed()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        Assert.Equal("""{"status":"ok"}""", (await gateway.GetAsync("/health")).ToString());
    }

    [Fact]
    public async Task Status_TellsWhoAndWhere()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        JsonElement status = await gateway.GetAsync("/v1/aria/status");
        Assert.Equal("aria.status/1", status.GetProperty("schema").GetString());
        Assert.Equal(gateway.Node.Id.ToString(), status.GetProperty("node").GetString());
        Assert.Equal(gateway.Node.PeerId.ToString(), status.GetProperty("peer").GetString());
        Assert.Equal("gateway-tests", status.GetProperty("network").GetString());
        Assert.Equal(gateway.Node.Addresses.Select(address => address.ToString()), status.GetProperty("addresses").EnumerateArray().Select(address => address.GetString()));
        Assert.Equal(gateway.Node.AnnouncedAddresses.Select(address => address.ToString()), status.GetProperty("announced").EnumerateArray().Select(address => address.GetString()));
        Assert.Equal("unknown", status.GetProperty("reachability").GetString());        // it does not ask
        Assert.Equal(gateway.Node.Ledger.Head.Size, status.GetProperty("ledger").GetProperty("size").GetInt64());
        Assert.Equal(gateway.Node.Ledger.Head.Root.ToString(), status.GetProperty("ledger").GetProperty("root").GetString());
        Assert.Equal(0, status.GetProperty("requests").GetProperty("running").GetInt32());
    }

    [Fact]
    public async Task Peers_AreThoseOfTheDirectory()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        while (gateway.Node.Dht.RoutingTableCount < 2)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);        // whom it found the way by is in its table first
        }

        // A record may be renewed at any moment: what is compared is one picture.
        DirectorySnapshot snapshot;
        JsonElement peers;
        do
        {
            snapshot = gateway.Node.Directory.Snapshot;
            peers = await gateway.GetAsync("/v1/aria/peers");
        }
        while (!ReferenceEquals(snapshot, gateway.Node.Directory.Snapshot));

        Assert.Equal("aria.peers/1", peers.GetProperty("schema").GetString());
        JsonElement[] cards = [.. peers.GetProperty("data").EnumerateArray()];
        int layers = network.Model.Shape.Layers;
        Assert.Superset(
            new HashSet<string?> { $"0-{layers / 2}", $"{layers / 2}-{layers}" },
            cards.SelectMany(card => card.GetProperty("served").EnumerateArray()).Select(span => span.GetProperty("layers").GetString()).ToHashSet());
        Assert.All(cards, card =>
        {
            KnownNode known = snapshot.Nodes.Single(node => node.Record.Node.ToString() == card.GetProperty("node").GetString());
            Assert.Equal(known.Record.Node.PeerIdOf().ToString(), card.GetProperty("peer").GetString());
            Assert.True(card.GetProperty("expires_unix_ms").GetInt64() > card.GetProperty("received_unix_ms").GetInt64());
            Assert.Equal(known.Record.Sequence, card.GetProperty("sequence").GetInt64());
            Assert.Contains(card.GetProperty("source").GetString(), (string[])["dht", "gossip"]);
            Assert.Equal(JsonValueKind.Null, card.GetProperty("unreachable_since_unix_ms").ValueKind);
        });
        Assert.Equal((gateway.Node.Id.ToString(), "gateway-tests"), (peers.GetProperty("node").GetString(), peers.GetProperty("network").GetString()));
        Assert.True(peers.GetProperty("dht").GetProperty("server").GetBoolean());
        Assert.True(peers.GetProperty("dht").GetProperty("routing_table").GetInt32() >= 2);
    }

    [Fact]
    public async Task Rates_AreClaimed_AndHeldAgainstWhatWasSeen()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        KnownNode known = gateway.Node.Directory.Snapshot.Nodes.First(node => node.Record.Served.Length > 0);
        ServedModel served = known.Record.Served[0];
        long claimed = served.Cost.Of(served.Span);
        gateway.Node.Directory.ReportStep(known.Record.Node, served.Model, served.Span, TimeSpan.FromMicroseconds(40 * claimed));
        JsonElement card = (await gateway.GetAsync("/v1/aria/peers")).GetProperty("data").EnumerateArray().Single(one => one.GetProperty("node").GetString() == known.Record.Node.ToString());
        JsonElement span = card.GetProperty("served")[0];
        Assert.Equal(claimed, span.GetProperty("claimed").GetProperty("step_us").GetInt64());
        Assert.Equal(Math.Round(1e6 / claimed, 2), span.GetProperty("claimed").GetProperty("tokens_per_second").GetDouble());
        Assert.InRange(span.GetProperty("counts_as").GetProperty("step_us").GetInt64(), 20 * claimed * 0.98, 20 * claimed * 1.02);
        Assert.Equal((served.NumericSpec, served.Layers), (span.GetProperty("numeric_spec").GetString(), span.GetProperty("model_layers").GetInt32()));
    }

    [Fact]
    public async Task Links_AreWhatTheGatewayMeasured()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        await gateway.Node.Directory.RefreshAsync(TestContext.Current.CancellationToken);
        JsonElement peers = await gateway.GetAsync("/v1/aria/peers");
        JsonElement[] links = [.. peers.GetProperty("links").EnumerateArray()];
        Assert.NotEmpty(links);
        Assert.All(links, link =>
        {
            Assert.Equal(gateway.Node.Id.ToString(), link.GetProperty("from").GetString());
            JsonElement card = peers.GetProperty("data").EnumerateArray().Single(one => one.GetProperty("node").GetString() == link.GetProperty("to").GetString());
            Assert.Equal(card.GetProperty("round_trip_ms").GetDouble(), link.GetProperty("round_trip_ms").GetDouble());
            Assert.True(link.GetProperty("measured_unix_ms").GetInt64() > 0);
        });
    }

    [Fact]
    public async Task Opening_IsForTheOwner_AndOpensTheRecord()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        JsonElement answer = await gateway.AnswerAsync("/v1/completions", TestGateway.Completion("Once upon a time", ",\"max_tokens\":4"));
        string record = answer.GetProperty("aria").GetProperty("record").GetString()!;
        string path = $"/v1/aria/records/{record}/opening";
        Assert.Equal("owner_only", (await gateway.GetAsync(path, 401)).GetProperty("error").GetProperty("code").GetString());
        Assert.Equal("owner_only", (await gateway.GetAsync(path, 401, "guessed")).GetProperty("error").GetProperty("code").GetString());

        JsonElement document = await gateway.GetAsync(path, token: TestGateway.Token);
        Assert.Equal(("aria.opening/1", record), (document.GetProperty("schema").GetString(), document.GetProperty("record").GetString()));
        Assert.Equal(OpenStatus.Done, Opening.TryDecode(document.GetProperty("opening").GetBytesFromBase64(), out Opening? opening));
        Assert.Equal(answer.GetProperty("aria").GetProperty("job").GetString(), opening!.Job.ToString());
        Assert.Equal([network.Model.Tokenizer.BeginOfSequence, .. network.Model.Tokenizer.Encode("Once upon a time")], opening.Prompt);
        Assert.Equal(answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32(), opening.Output.Length);
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("nonsense")]
    public async Task OpeningThatIsNotKept_IsNotFound(string record)
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        JsonElement error = (await gateway.GetAsync($"/v1/aria/records/{record}/opening", 404, TestGateway.Token)).GetProperty("error");
        Assert.Equal("not_found", error.GetProperty("code").GetString());
    }
}

using System.Text.Json;
using Aria.EndToEnd.Tests.Testnets;
using Aria.Testing;

namespace Aria.EndToEnd.Tests;

/// <summary><c>aria dht</c> and <c>aria peers</c> against a running testnet, through its gateway and past it.</summary>
public sealed class DhtCommandTests(SharedTestnet shared)
{
    private static string Peer(JsonElement node) => node.GetProperty("peer_id").GetString()!;

    private static IEnumerable<string> PeersIn(JsonElement answer) => answer.GetProperty("peers").EnumerateArray().Select(one => one.GetProperty("peer").GetString()!);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ARecord_IsGot_Traced_AndPutBack(bool throughGateway)
    {
        RunningTestnet testnet = await shared.GetAsync();
        string[] way = throughGateway ? [] : ["--bootstrap", testnet.Node("n2").GetProperty("address").GetString()!];
        string key = "/aria/node/" + Peer(testnet.Node("n1"));
        JsonElement got = await testnet.JsonAsync(0, ["dht", "get", key, "--trace", .. way]);
        Assert.Equal(("aria.dht/1", "get", key), (got.GetProperty("schema").GetString(), got.GetProperty("operation").GetString(), got.GetProperty("key").GetString()));
        Assert.Contains("aria-tiny", got.GetProperty("record").GetProperty("served")[0].GetString(), StringComparison.Ordinal);
        Assert.Contains(got.GetProperty("trace")[0].GetProperty("steps").EnumerateArray(), step => step.GetProperty("record").GetBoolean());

        ProgramRun shown = await testnet.AriaAsync(0, ["dht", "get", key, "--trace", .. way]);
        Assert.Contains("serves     aria-tiny E0-4", shown.Output, StringComparison.Ordinal);
        Assert.Matches(@"GetValue: \d+ requests on 1 path, \d+ hops", shown.Error);

        string file = Path.Combine(testnet.Home.Path, "record");
        await Eventually.HoldsAsync(async () =>
        {
            // The node may tell something newer between the two, and what it told before is then refused.
            File.Delete(file);
            await testnet.AriaAsync(0, ["dht", "get", key, "-o", file, .. way]);
            ProgramRun put = await AriaProgram.RunAsync(["dht", "put", key, file, "--json", .. way], testnet.Home.Environment, cancellationToken: TestContext.Current.CancellationToken);
            return put.ExitCode == 0 && JsonDocument.Parse(put.Output).RootElement.GetProperty("holders").GetInt32() > 1;
        });
        string other = "/aria/node/" + Peer(testnet.Node("n2"));
        Assert.Contains("does not allow", (await testnet.AriaAsync(5, ["dht", "put", other, file, .. way])).Error, StringComparison.Ordinal);
        Assert.Contains("/aria/…", (await testnet.AriaAsync(5, ["dht", "put", "/pk/x", file, .. way])).Error, StringComparison.Ordinal);
        File.Delete(file);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task PeersProvidersAndNeighbours_AreFound(bool throughGateway)
    {
        RunningTestnet testnet = await shared.GetAsync();
        string[] way = throughGateway ? [] : ["--bootstrap", testnet.Gateway.GetProperty("address").GetString()!];
        string peer = Peer(testnet.Node("n3"));
        JsonElement found = await testnet.JsonAsync(0, ["dht", "find", "peer", peer, .. way]);
        Assert.Equal(peer, found.GetProperty("peers")[0].GetProperty("peer").GetString());

        // A node whose first announcement met nobody repeats it, and one that was asked while it was busy counts for a moment as absent.
        string[] expected = [.. testnet.Nodes.Select(Peer).Order(StringComparer.Ordinal)];
        await Eventually.HoldsAsync(async () => PeersIn(await testnet.JsonAsync(0, ["dht", "find", "providers", "aria-tiny", .. way])).Order(StringComparer.Ordinal).SequenceEqual(expected));
        await Eventually.HoldsAsync(async () => PeersIn(await testnet.JsonAsync(0, ["dht", "find", "closest", peer, .. way])).First() == peer);
    }

    [Fact]
    public async Task WhatCannotBe_HasItsExitStatus()
    {
        RunningTestnet testnet = await shared.GetAsync();
        string stranger = "12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5";
        Assert.Contains("Nobody holds", (await testnet.AriaAsync(5, "dht", "get", "/aria/node/" + stranger)).Error, StringComparison.Ordinal);
        await testnet.AriaAsync(5, "dht", "find", "peer", stranger);
        await testnet.AriaAsync(2, "dht", "find", "peer", "nobody");
        await testnet.AriaAsync(2, "dht", "get", "hex:0");
        await testnet.AriaAsync(2, "dht", "get", "a", "--bootstrap", "/ip4/127.0.0.1/tcp/1");
        await testnet.AriaAsync(2, "dht", "get", "a", "--bootstrap", $"/ip4/127.0.0.1/tcp/1/p2p/{stranger}", "--node", "http://127.0.0.1:1");
        await testnet.AriaAsync(3, "dht", "get", "a", "--bootstrap", $"/ip4/127.0.0.1/tcp/1/p2p/{stranger}");
        await testnet.AriaAsync(3, "dht", "get", "a", "--node", "http://127.0.0.1:1");
        await testnet.AriaAsync(2, "dht");
        await testnet.AriaAsync(2, "dht", "find");
        Assert.Contains("--trace", (await testnet.AriaAsync(0, "dht", "get", "--help")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Peers_ShowTheTopology()
    {
        RunningTestnet testnet = await shared.GetAsync();

        // The way to a node is measured a moment after the node is found.
        await Eventually.HoldsAsync(async () => !(await testnet.AriaAsync(0, "peers")).Output.Contains("not measured", StringComparison.Ordinal));
        ProgramRun shown = await testnet.AriaAsync(0, "peers");
        Assert.Matches(@"n1 +aria-tiny E0-4 +\d+\S* +\d+\.\d\d ms +\d+ s old, ends in \d+ s +(dht|gossip) +/ip4/", shown.Output);
    }
}

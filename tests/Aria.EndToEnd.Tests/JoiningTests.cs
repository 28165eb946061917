using System.Text.Json;
using Aria.EndToEnd.Tests.Testnets;

namespace Aria.EndToEnd.Tests;

/// <summary>Nodes that come from outside of any topology are found by the hash table and used.</summary>
public sealed class JoiningTests
{
    [Fact]
    public async Task UnknownNode_IsFoundAndUsed_WhenTheTestnetsOwnIsGone()
    {
        await using RunningTestnet testnet = await RunningTestnet.StartAsync("-n", "2", "--replicas", "1");
        string expected = (await testnet.CompleteAsync("Once upon a time", 24)).GetProperty("text").GetString()!;

        // It knows one node's address, and that is not the gateway's.
        await using JoinedNode stranger = await JoinedNode.StartAsync(
            testnet.Home, "--name", "stranger", "--layers", "4-8", "--tdp", "65", "--bootstrap", testnet.Node("n1").GetProperty("address").GetString()!);
        await testnet.WhenListedAsync(stranger.Address.Split('/')[^1]);
        await testnet.AriaAsync(0, "testnet", "kill-node", "n2");

        JsonElement answer = await testnet.CompleteAsync("Once upon a time", 24);
        Assert.Equal(expected, answer.GetProperty("text").GetString());
        string[] hops = [.. answer.GetProperty("aria").GetProperty("hops").EnumerateArray().Select(hop => testnet.NameOf(hop.GetProperty("node").GetString()!))];
        Assert.Equal("n1", hops[0]);
        Assert.DoesNotContain("n2", hops);

        // It keeps the record in its own log, a moment after the answer perhaps, and anybody may verify that log.
        string record = answer.GetProperty("aria").GetProperty("record").GetString()!;
        await testnet.WhenRecordedAsync(record, stranger.Address);
        await testnet.AriaAsync(0, "ledger", "verify", "--node", stranger.Address);

        // It was told its processor's power, and n1 was not.
        JsonElement shown = await testnet.JsonAsync(0, "ledger", "show", record, "--node", stranger.Address);
        Assert.Matches("\"method\": \"(estimate-tdp|rapl)\"", shown.GetRawText());
        Assert.Equal(0, await stranger.EndAsync());
    }

    [Fact]
    public async Task SecondNodeWithTheSameKey_ChangesNoAnswer_AndNoLog()
    {
        await using RunningTestnet testnet = await RunningTestnet.StartAsync();
        string expected = (await testnet.CompleteAsync("Once upon a time", 12)).GetProperty("text").GetString()!;
        await using JoinedNode twin = await JoinedNode.StartAsync(
            testnet.Home, "--seed", "42/n1", "--layers", "0-4", "--data", Path.Combine(testnet.Home.Path, "twin"),
            "--bootstrap", testnet.Gateway.GetProperty("address").GetString()!);
        Assert.EndsWith(testnet.Node("n1").GetProperty("peer_id").GetString()!, twin.Address, StringComparison.Ordinal);
        Assert.Equal(expected, (await testnet.CompleteAsync("Once upon a time", 12)).GetProperty("text").GetString());
        Assert.Equal(0, await twin.EndAsync());
        Assert.Equal(expected, (await testnet.CompleteAsync("Once upon a time", 12)).GetProperty("text").GetString());
        await testnet.AriaAsync(0, "ledger", "verify", "--node", "all");
    }
}

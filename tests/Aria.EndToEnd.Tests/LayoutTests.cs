using System.Text.Json;
using Aria.EndToEnd.Tests.Testnets;

namespace Aria.EndToEnd.Tests;

/// <summary>The same text from any number of nodes, and a record that names as many stages.</summary>
public sealed class LayoutTests(SharedTestnet shared)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public async Task DisjointSpans_GiveTheSameText_AndARecordOfAsManyStages(int nodes)
    {
        string expected = (await (await shared.GetAsync()).CompleteAsync("Once upon a time", 48)).GetProperty("text").GetString()!;
        await using RunningTestnet testnet = await RunningTestnet.StartAsync("-n", $"{nodes}", "--replicas", "1");
        JsonElement answer = await testnet.CompleteAsync("Once upon a time", 48);
        Assert.Equal(expected, answer.GetProperty("text").GetString());
        Assert.StartsWith(Golden.Of("Once upon a time").SafeText, expected, StringComparison.Ordinal);

        string record = answer.GetProperty("aria").GetProperty("record").GetString()!;
        JsonElement shown = await testnet.JsonAsync(0, "ledger", "show", record);
        JsonElement stages = shown.GetProperty("record").GetProperty("attempts")[0].GetProperty("stages");
        Assert.Equal(nodes, stages.GetArrayLength());
        Assert.Equal(Enumerable.Range(1, nodes).Select(n => $"n{n}"), stages.EnumerateArray().Select(stage => stage.GetProperty("party").GetProperty("name").GetString()));
    }
}

using System.Text.Json;
using Aria.EndToEnd.Tests.Testnets;
using Aria.Testing;

namespace Aria.EndToEnd.Tests;

/// <summary>Text out of the default testnet: four node processes and a gateway.</summary>
public sealed class GenerationTests(SharedTestnet shared)
{
    public static TheoryData<string> Prompts => [.. Golden.All.Where(golden => !golden.Chat && golden.SafeTokens > 0).Select(golden => golden.Text)];

    [Fact]
    public async Task Testnet_IsReady_WithARecordedFirstAnswer()
    {
        RunningTestnet testnet = await shared.GetAsync();
        JsonElement first = testnet.Document.GetProperty("first");
        Assert.StartsWith(Golden.Of("Once upon a time").SafeText, first.GetProperty("text").GetString(), StringComparison.Ordinal);
        // Two nodes are enough; while other work slows one of them down, the head may well go to the other node that has it.
        Assert.InRange(first.GetProperty("hops").GetArrayLength(), 2, 4);
        Assert.Equal(64, first.GetProperty("record").GetString()!.Length);
        TestContext.Current.TestOutputHelper!.WriteLine($"ready after {testnet.Document.GetProperty("seconds").GetDouble()} s");
    }

    [Theory, MemberData(nameof(Prompts))]
    public async Task Completion_IsTheReferences(string prompt)
    {
        Golden golden = Golden.Of(prompt);
        JsonElement answer = await (await shared.GetAsync()).CompleteAsync(prompt, golden.MaxTokens);
        Assert.StartsWith(golden.SafeText, answer.GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task StandardOutput_IsTheModelsWordsAlone()
    {
        RunningTestnet testnet = await shared.GetAsync();
        string expected = (await testnet.CompleteAsync("Once upon a time", 16)).GetProperty("text").GetString()!;
        ProgramRun run = await testnet.AriaAsync(0, "complete", "Once upon a time", "--temp", "0", "--max-tokens", "16");
        Assert.Equal(expected + "\n", run.Output);
        Assert.Contains("16 tokens", run.Error, StringComparison.Ordinal);
        Assert.Contains("record", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_Answers_LineByLine()
    {
        RunningTestnet testnet = await shared.GetAsync();
        ProgramRun run = await AriaProgram.RunAsync(
            ["chat", "--temp", "0"], testnet.Home.Environment, "What color is the sky?\n/quit\n", TestContext.Current.CancellationToken);
        Assert.Equal((0, Golden.Of("What color is the sky?").SafeText + "\n"), (run.ExitCode, run.Output));
    }

    [Fact]
    public async Task SameSeed_SameText_AndAnotherSeedAnother()
    {
        RunningTestnet testnet = await shared.GetAsync();
        async Task<string> TextAsync(int seed) =>
            (await testnet.JsonAsync(0, "complete", "The dog", "--temp", "1", "--seed", $"{seed}", "--max-tokens", "24")).GetProperty("text").GetString()!;
        string seven = await TextAsync(7);
        Assert.Equal(seven, await TextAsync(7));
        Assert.NotEqual(seven, await TextAsync(8));
    }

    [Fact]
    public async Task Peers_AreTheFourNodes_WithTheirLayers()
    {
        RunningTestnet testnet = await shared.GetAsync();
        JsonElement peers = (await testnet.JsonAsync(0, "peers")).GetProperty("data");
        Dictionary<string, string> served = peers.EnumerateArray()
            .Where(peer => peer.GetProperty("served").GetArrayLength() > 0)
            .ToDictionary(peer => testnet.NameOf(peer.GetProperty("node").GetString()!), peer => peer.GetProperty("served")[0].GetProperty("layers").GetString()!);
        Assert.Equal(new() { ["n1"] = "0-4", ["n2"] = "0-4", ["n3"] = "4-8", ["n4"] = "4-8" }, served);
    }

    [Fact]
    public async Task Status_IsReady_AndEveryLayerHasTwoNodes()
    {
        JsonElement status = await (await shared.GetAsync()).JsonAsync(0, "testnet", "status");
        Assert.True(status.GetProperty("ready").GetBoolean());
        Assert.All(status.GetProperty("coverage").EnumerateArray(), count => Assert.Equal(2, count.GetInt32()));
        await (await shared.GetAsync()).AriaAsync(0, "testnet", "wait", "--timeout", AriaHome.Long);
    }

    [Fact]
    public async Task ContextThatIsTooLong_IsRefused()
    {
        ProgramRun run = await (await shared.GetAsync()).AriaAsync(5, "complete", "Once upon a time", "--max-tokens", "600");
        Assert.Contains("512", run.Error, StringComparison.Ordinal);
    }
}

using System.Diagnostics;
using System.Text.Json;
using Aria.EndToEnd.Tests.Testnets;
using Aria.Testing;

namespace Aria.EndToEnd.Tests;

/// <summary>Nodes killed in the middle of an answer: the answer goes on as if nothing had happened, and the record tells.</summary>
public sealed class FailoverTests(SharedTestnet shared)
{
    private const string Prompt = "Once upon a time";

    [Fact]
    public async Task NodesKilledDuringAnswers_ChangeNoByte_AndTheRecordNamesBothAttempts()
    {
        string[] plain = [], penalised = ["--repetition-penalty", "1.2", "--frequency-penalty", "0.5", "--presence-penalty", "0.25", "--logprobs", "2"];
        await using RunningTestnet testnet = await RunningTestnet.StartAsync();
        foreach ((int stage, string[] more) in ((int, string[])[])[(0, penalised), (1, plain), (1, penalised)])
        {
            JsonElement calm = await (await shared.GetAsync()).CompleteAsync(Prompt, 32, more);
            string expected = calm.GetProperty("text").GetString()!;
            (JsonElement kill, JsonElement answer) = await KillDuringAsync(testnet, ["--stage", $"{stage}", "--at-token", "6"], maxTokens: 32, more);
            Assert.Equal(LogprobsOf(calm), LogprobsOf(answer));
            Assert.Equal(more == penalised, LogprobsOf(answer) is not null);
            Assert.Equal(6, kill.GetProperty("token").GetInt32());
            string killed = kill.GetProperty("killed").GetString()!;
            Assert.Equal(expected, answer.GetProperty("text").GetString());

            JsonElement record = (await testnet.JsonAsync(0, "ledger", "show", answer.GetProperty("aria").GetProperty("record").GetString()!)).GetProperty("record");
            JsonElement[] attempts = [.. record.GetProperty("attempts").EnumerateArray()];
            Assert.Equal(answer.GetProperty("aria").GetProperty("attempts").GetInt32(), attempts.Length);

            // The attempt that the kill ended, and one after it without the killed node: two, unless something else was lost as well.
            Assert.DoesNotContain(killed, NamesOf(attempts[^1]));
            JsonElement ended = attempts.Last(attempt => NamesOf(attempt).Contains(killed));
            Assert.Equal(killed, NamesOf(ended).ElementAt(stage));
            Assert.False(ended.GetProperty("stages")[stage].TryGetProperty("receipt", out JsonElement receipt) && receipt.ValueKind == JsonValueKind.Object);
            Assert.Equal("valid", record.GetProperty("verdict").GetString());
            JsonElement audit = await testnet.JsonAsync(0, "audit", answer.GetProperty("aria").GetProperty("record").GetString()!, "--replay");
            Assert.Equal("valid", audit.GetProperty("verdict").GetString());

            JsonElement status = await testnet.JsonAsync(0, "testnet", "status");
            Assert.Contains(status.GetProperty("testnet").GetProperty("nodes").EnumerateArray(), node => node.GetProperty("name").GetString() == killed && node.GetProperty("state").GetString() == "killed");
            await testnet.AriaAsync(0, "testnet", "start-node", killed);
            await testnet.AriaAsync(0, "testnet", "wait", "--timeout", AriaHome.Long);
        }

        // The killed nodes kept their logs, and everything in them still holds.
        await testnet.AriaAsync(0, "ledger", "verify", "--node", "all");
    }

    [Fact]
    public async Task KillThatMissesItsRequest_SaysSo()
    {
        RunningTestnet testnet = await shared.GetAsync();
        using Process kill = await ArmAsync(testnet, ["--stage", "0", "--at-token", "50"]);
        await testnet.CompleteAsync(Prompt, 4);
        string error = await kill.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(5, kill.ExitCode);
        Assert.Contains("ended after 4 tokens", error, StringComparison.Ordinal);
        await testnet.AriaAsync(5, "testnet", "kill-node", "nobody");
        await testnet.AriaAsync(5, "testnet", "start-node", "n1");
    }

    [Fact]
    public async Task SpanWithoutNodes_IsRefusedAsNoRoute_UntilOneComesBack()
    {
        await using RunningTestnet testnet = await RunningTestnet.StartAsync("-n", "2", "--replicas", "1");
        await testnet.AriaAsync(0, "testnet", "kill-node", "n2");
        ProgramRun refused = await testnet.AriaAsync(5, "complete", Prompt, "--max-tokens", "4");
        Assert.Contains("no node", refused.Error, StringComparison.OrdinalIgnoreCase);
        await testnet.AriaAsync(5, "testnet", "status");
        await testnet.AriaAsync(0, "testnet", "start-node", "n2");
        await testnet.AriaAsync(0, "testnet", "wait", "--timeout", AriaHome.Long);
        await testnet.CompleteAsync(Prompt, 4);
    }

    private static string? LogprobsOf(JsonElement answer) => answer.TryGetProperty("logprobs", out JsonElement logprobs) ? logprobs.ToString() : null;

    private static IEnumerable<string> NamesOf(JsonElement attempt) =>
        attempt.GetProperty("stages").EnumerateArray().Select(stage => stage.GetProperty("party").GetProperty("name").GetString()!);

    private static async Task<(JsonElement Kill, JsonElement Answer)> KillDuringAsync(RunningTestnet testnet, string[] order, int maxTokens, string[] more)
    {
        using Process kill = await ArmAsync(testnet, order);
        JsonElement answer = await testnet.CompleteAsync(Prompt, maxTokens, more);
        string output = await kill.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (JsonDocument.Parse(output).RootElement, answer);
    }

    private static async Task<Process> ArmAsync(RunningTestnet testnet, string[] order)
    {
        Process kill = AriaProgram.Start(["testnet", "kill-node", .. order, "--timeout", AriaHome.Long, "--json"], testnet.Home.Environment);
        string? armed = await kill.StandardError.ReadLineAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("armed", armed, StringComparison.Ordinal);
        return kill;
    }
}

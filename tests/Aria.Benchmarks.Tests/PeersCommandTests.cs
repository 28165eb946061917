using System.Diagnostics;
using System.Text.Json;
using Aria.Testing;

namespace Aria.Benchmarks.Tests;

/// <summary>The whole comparison, as a process: our program on its built-in model against a script that answers as llama-bench does. Nothing here judges a speed.</summary>
public sealed class PeersCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("aria-peers-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Contenders_TakeTurns_AndRatiosAreOfMedians()
    {
        Prerequisite.Demand(Prerequisite.HasProgram("sh"), "sh is not on the PATH");
        string model = Write("model", "weights");
        string turns = Path.Combine(_folder.FullName, "turns");
        // The peer writes tokens at 1, 2 and 3 a second, ours always at 4.
        string peer = Program("peer", $$$"""
            echo peer >> {{{turns}}}
            n=$(grep -c peer {{{turns}}})
            echo "[
            {\"build_commit\": \"abc\", \"model_type\": \"tiny\", \"n_prompt\": 0, \"n_gen\": 4, \"avg_ts\": $n}
            ]"
            """);
        string aria = Program("aria", $$$"""
            echo aria >> {{{turns}}}
            echo '{"points": [{"kernels": "scalar", "prefill_tokens_per_second": 8, "decode_tokens_per_second": 4}], "environment": {"software": "aria/1", "cpu": "A CPU"}}'
            """);
        string json = Path.Combine(_folder.FullName, "r.json");
        (int exitCode, string output, string error) = await RunAsync(
            "peers", "-m", model, "--aria", aria, "--peer", $"name=it,model={model},bench={peer},tests=decode,decode=2.5", "-p", "0", "-n", "4", "--rounds", "3", "--json", json);
        Assert.True(exitCode == 0, error);
        Assert.Equal(["aria", "peer", "aria", "peer", "aria", "peer"], await File.ReadAllLinesAsync(turns, TestContext.Current.CancellationToken));
        JsonElement document = JsonDocument.Parse(await File.ReadAllTextAsync(json, TestContext.Current.CancellationToken)).RootElement;
        JsonElement ratio = Assert.Single(document.GetProperty("ratios").EnumerateArray());
        Assert.Equal((2, 4 / 3.0, 4), (ratio.GetProperty("of_medians").GetDouble(), ratio.GetProperty("lowest_of_rounds").GetDouble(), ratio.GetProperty("highest_of_rounds").GetDouble()));
        Assert.Equal([1.0, 2, 3], document.GetProperty("figures")[1].GetProperty("samples").EnumerateArray().Select(sample => sample.GetDouble()));
        Assert.Contains("| decode 4 | it | 2.0 | 1.0 – 3.0 | **2.00 ×** | 1.33 – 4.00 | 2.50 × missed |", output, StringComparison.Ordinal);
        Assert.Contains("A CPU", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OurOwnProgram_AnswersWhatIsExpectedOfIt()
    {
        (int exitCode, string output, string error) = await RunAsync("peers", "-m", TinyModel(), "--aria", AriaProgram.Path, "-p", "8,16", "-n", "4", "--requests", "2", "--rounds", "2");
        Assert.True(exitCode == 0, error);
        Assert.All(["| decode 4 | aria |", "| prefill 8 | aria |", "| prefill 16 | aria |", "| together 2 | aria |"], row => Assert.Contains(row, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task APeerThatFails_EndsItWithWhatItSaid()
    {
        Prerequisite.Demand(Prerequisite.HasProgram("sh"), "sh is not on the PATH");
        string model = Write("model", "weights");
        string broken = Program("broken", "echo out of luck >&2; exit 3");
        (int exitCode, _, string error) = await RunAsync("peers", "-m", model, "--aria", broken, "--rounds", "1");
        Assert.Equal(5, exitCode);
        Assert.Contains("out of luck", error, StringComparison.Ordinal);
    }

    private static string TinyModel() => Path.Combine(Fixtures.RepositoryRoot, "src", "Aria.Engine", "Models", "BuiltIn", "aria-tiny.gguf");

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    private string Program(string name, string body)
    {
        string path = Write(name, $"#!/bin/sh\n{body}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return path;
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Aria.Benchmarks.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }
}

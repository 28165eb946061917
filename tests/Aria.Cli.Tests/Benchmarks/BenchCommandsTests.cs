using System.Diagnostics;
using System.Text.Json;
using Aria.Cli.Processes;
using Aria.Testing;

namespace Aria.Cli.Tests.Benchmarks;

/// <summary>The <c>bench</c> commands as processes, on the built-in model. Nothing here judges a speed.</summary>
public sealed class BenchCommandsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("aria-bench-");

    public void Dispose() => _folder.Delete(recursive: true);

    private static Task<ProgramRun> RunAsync(params string[] arguments) => AriaProgram.RunAsync(["bench", .. arguments], cancellationToken: TestContext.Current.CancellationToken);

    private static async Task<JsonElement> DocumentAsync(params string[] arguments)
    {
        ProgramRun run = await RunAsync([.. arguments, "--json"]);
        Assert.True(run.ExitCode == ExitCode.Ok, run.ToString());
        return JsonDocument.Parse(run.Output).RootElement;
    }

    private static int[] Values(JsonElement document, string name) => [.. document.GetProperty("points").EnumerateArray().Select(point => point.GetProperty(name).GetInt32())];

    [Fact]
    public async Task Throughput_RatesAreTheMediansOfTheSamples()
    {
        JsonElement document = await DocumentAsync("throughput", "-p", "8", "-n", "4", "-r", "3", "-t", "1");
        JsonElement point = Assert.Single(document.GetProperty("points").EnumerateArray());
        JsonElement[] samples = [.. point.GetProperty("samples").EnumerateArray()];
        Assert.Equal(3, samples.Length);
        foreach ((string test, int tokens) in new[] { ("prefill", 8), ("decode", 4) })
        {
            double[] rates = [.. samples.Select(sample => sample.GetProperty($"{test}_tokens_per_second").GetDouble()).Order()];
            Assert.Equal(rates[1], document.GetProperty($"{test}_tokens_per_second").GetDouble());
            Assert.Equal(rates[1], point.GetProperty($"{test}_tokens_per_second").GetDouble());
            Assert.Equal((rates[0], rates[2]), (point.GetProperty($"{test}_spread").GetProperty("lowest").GetDouble(), point.GetProperty($"{test}_spread").GetProperty("highest").GetDouble()));
            Assert.All(samples, sample => Assert.Equal(tokens, sample.GetProperty($"{test}_seconds").GetDouble() * sample.GetProperty($"{test}_tokens_per_second").GetDouble(), 6));
        }

        Assert.Equal("none", document.GetProperty("energy_method").GetString());
        Assert.NotEmpty(point.GetProperty("kernels").GetString()!);
        JsonElement environment = document.GetProperty("environment");
        Assert.StartsWith(".NET", environment.GetProperty("runtime").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(environment.GetProperty("cpu").GetString()!);
        Assert.True(document.GetProperty("models")[0].GetProperty("bytes").GetInt64() > 1_000_000);
    }

    [Fact]
    public async Task Throughput_ModelsAreCompared_AndTheReportsWritten()
    {
        (string markdown, string plot) = (Path.Combine(_folder.FullName, "r.md"), Path.Combine(_folder.FullName, "r.svg"));
        JsonElement document = await DocumentAsync(
            "throughput", "-m", "aria-tiny", "-m", "aria-tiny", "-p", "4", "-n", "2", "-r", "1", "--tdp", "65", "--markdown", markdown, "--plot", plot);
        Assert.Equal(2, document.GetProperty("points").GetArrayLength());
        Assert.NotEqual("none", document.GetProperty("energy_method").GetString());
        JsonElement energy = document.GetProperty("points")[0].GetProperty("decode_energy");
        Assert.InRange(energy.GetProperty("low_millijoules").GetDouble(), 0, energy.GetProperty("high_millijoules").GetDouble());
        Assert.Contains("| aria-tiny |", await File.ReadAllTextAsync(markdown, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains("</svg>", await File.ReadAllTextAsync(plot, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheKernelsAskedFor_AreThoseThatRan()
    {
        JsonElement document = await DocumentAsync("throughput", "-p", "2", "-n", "1", "-r", "1", "-t", "1", "--kernels", "scalar");
        Assert.Equal("scalar", document.GetProperty("points")[0].GetProperty("kernels").GetString());
    }

    [Fact]
    public async Task Roofline_HoldsWhatIsReadAgainstTheMemory()
    {
        JsonElement document = await DocumentAsync("throughput", "-p", "8", "-n", "4", "-r", "2", "-t", "2", "--roofline");
        JsonElement point = document.GetProperty("points")[0];
        JsonElement roofline = point.GetProperty("roofline");
        double Of(string name) => roofline.GetProperty(name).GetDouble();
        Assert.Equal(Of("bytes_per_token"), Of("ternary_bytes_per_token") + Of("screen_bytes_per_token") + Of("head_bytes_per_token") + Of("kv_bytes_per_token"), 3);
        Assert.True(Of("ternary_bytes_per_token") > 1_000_000);
        Assert.True(Of("head_bytes_per_token") > 0);
        Assert.True(Of("kv_bytes_per_token") > 0);
        Assert.All(point.GetProperty("samples").EnumerateArray(), sample =>
        {
            double rate = sample.GetProperty("decode_tokens_per_second").GetDouble();
            Assert.Equal(Of("bytes_per_token"), sample.GetProperty("read_bytes_per_second").GetDouble() / rate, 3);
            Assert.True(sample.GetProperty("read_kernel_bytes_per_second").GetDouble() > 0);
        });
    }

    [Fact]
    public async Task Threads_HasAPointForEachNumber()
    {
        JsonElement document = await DocumentAsync("threads", "-t", "2,1,3", "-p", "4", "-n", "2", "-r", "2");
        Assert.Equal([2, 1, 3], Values(document, "threads"));
    }

    [Fact]
    public async Task Prompt_HasAPointForEachLength()
    {
        JsonElement document = await DocumentAsync("prompt", "-p", "3,9", "-n", "0", "-r", "2", "-t", "1");
        Assert.Equal([3, 9], Values(document, "prompt_tokens"));
        Assert.All(document.GetProperty("points").EnumerateArray(), point =>
        {
            Assert.True(point.GetProperty("first_token_milliseconds").GetDouble() > 0);
            Assert.False(point.TryGetProperty("decode_tokens_per_second", out _));
        });
    }

    [Fact]
    public async Task Context_HasAPointForEachDepth_Ascending()
    {
        JsonElement document = await DocumentAsync("context", "-c", "40,4", "-n", "3", "-r", "2", "-t", "1");
        Assert.Equal([4, 40], Values(document, "prompt_tokens"));
        Assert.All(document.GetProperty("points").EnumerateArray(), point =>
        {
            Assert.True(point.GetProperty("decode_tokens_per_second").GetDouble() > 0);
            Assert.False(point.TryGetProperty("prefill_tokens_per_second", out _));
        });
    }

    [Fact]
    public async Task Parallel_CountsTheTokensOfAllRequests_AndHoldsThemAgainstALongPrompt()
    {
        JsonElement document = await DocumentAsync("parallel", "--requests", "1,3", "-p", "4", "-n", "2", "-r", "2", "-t", "1");
        Assert.Equal([1, 3, 1], Values(document, "requests"));
        JsonElement[] points = [.. document.GetProperty("points").EnumerateArray()];
        Assert.All(points[1].GetProperty("samples").EnumerateArray(), sample =>
        {
            Assert.Equal(3 * 4, sample.GetProperty("prefill_seconds").GetDouble() * sample.GetProperty("prefill_tokens_per_second").GetDouble(), 6);
            Assert.Equal(3 * 2, sample.GetProperty("decode_seconds").GetDouble() * sample.GetProperty("decode_tokens_per_second").GetDouble(), 6);
        });
        Assert.Equal(512, points[2].GetProperty("prompt_tokens").GetInt32());
        Assert.Equal(
            points[1].GetProperty("decode_tokens_per_second").GetDouble() / points[2].GetProperty("prefill_tokens_per_second").GetDouble(),
            points[1].GetProperty("share_of_prefill_rate").GetDouble(), 9);
    }

    [Theory]
    [InlineData("512", "parallel", "-p", "500", "-n", "13")]
    [InlineData("512", "throughput", "-p", "500", "-n", "13")]
    [InlineData("512", "threads", "-p", "500", "-n", "13")]
    [InlineData("512", "prompt", "-p", "4,512", "-n", "1")]
    [InlineData("512", "prompt", "-n", "512")]
    [InlineData("512", "context", "-c", "4,512", "-n", "1")]
    [InlineData("no model \"nowhere.gguf\"", "context", "-m", "nowhere.gguf")]
    [InlineData("cannot be written", "prompt", "--markdown", "/nowhere/at/all.md")]
    public async Task WhatCannotBeMeasured_IsRefused(string word, params string[] arguments)
    {
        ProgramRun run = await RunAsync(arguments);
        Assert.Equal(ExitCode.Precondition, run.ExitCode);
        Assert.Contains(word, run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("--threads", "threads", "-t", "1,1")]
    [InlineData("--threads", "threads", "-t", "1,")]
    [InlineData("--threads", "throughput", "-t", "1,2")]
    [InlineData("--prompt", "prompt", "-p", "0")]
    [InlineData("--repetitions", "context", "-r", "0")]
    [InlineData("--tdp", "prompt", "--tdp", "-1")]
    [InlineData("no room", "context", "-c", "4,6", "-n", "3")]
    public async Task WrongArguments_AreUsageErrors(string word, params string[] arguments)
    {
        ProgramRun run = await RunAsync(arguments);
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains(word, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TimeThatRunsOut_EndsIt_AndLeavesNoReport()
    {
        string markdown = Path.Combine(_folder.FullName, "r.md");
        ProgramRun run = await RunAsync("throughput", "-r", "1000", "--timeout", "1s", "--markdown", markdown);
        Assert.True(run.ExitCode == ExitCode.Timeout, run.ToString());
        Assert.False(File.Exists(markdown));
    }

    [Fact]
    public async Task Stopped_ItEndsAfterTheRunAtHand_AndLeavesNoReport()
    {
        Prerequisite.Demand(!OperatingSystem.IsWindows(), "no POSIX signals here");
        string markdown = Path.Combine(_folder.FullName, "r.md");
        using Process process = AriaProgram.Start(["bench", "throughput", "-r", "1000", "--markdown", markdown]);
        while (await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line && !line.StartsWith("run 1 of 1000", StringComparison.Ordinal))
        {
        }

        Assert.True(Libc.Signal(process.Id, Libc.SignalTerminate));
        await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Terminated, process.ExitCode);
        Assert.False(File.Exists(markdown));
    }
}

using System.Text.Json;
using Aria.Cli.Benchmarks;
using Aria.Testing;

namespace Aria.Cli.Tests.Benchmarks;

/// <summary><c>bench throughput</c> as a process, and what it is made of. Nothing here judges a speed.</summary>
public class BenchThroughputTests
{
    private static Task<ProgramRun> RunAsync(params string[] arguments) => AriaProgram.RunAsync(["bench", "throughput", .. arguments], cancellationToken: TestContext.Current.CancellationToken);

    [Fact]
    public async Task Rates_AreTheMediansOfTheSamples()
    {
        ProgramRun run = await RunAsync("-p", "8", "-n", "4", "-r", "3", "-t", "1", "--json");
        Assert.True(run.ExitCode == ExitCode.Ok, run.ToString());
        JsonElement document = JsonDocument.Parse(run.Output).RootElement;
        JsonElement[] samples = [.. document.GetProperty("samples").EnumerateArray()];
        Assert.Equal(3, samples.Length);
        foreach ((string test, int tokens) in new[] { ("prefill", 8), ("decode", 4) })
        {
            double[] rates = [.. samples.Select(sample => sample.GetProperty($"{test}_tokens_per_second").GetDouble()).Order()];
            Assert.Equal(rates[1], document.GetProperty($"{test}_tokens_per_second").GetDouble());
            Assert.All(samples, sample => Assert.Equal(tokens, sample.GetProperty($"{test}_seconds").GetDouble() * sample.GetProperty($"{test}_tokens_per_second").GetDouble(), 6));
        }

        Assert.Equal("none", document.GetProperty("energy_method").GetString());
        Assert.NotEmpty(document.GetProperty("kernels").GetString()!);
    }

    [Fact]
    public async Task TheKernelsAskedFor_AreThoseThatRan()
    {
        ProgramRun run = await RunAsync("-p", "2", "-n", "1", "-r", "1", "-t", "1", "--kernels", "scalar", "--json");
        Assert.Equal("scalar", JsonDocument.Parse(run.Output).RootElement.GetProperty("kernels").GetString());
    }

    [Fact]
    public async Task MoreTokensThanTheContext_AreRefused()
    {
        ProgramRun run = await RunAsync("-p", "500", "-n", "13");
        Assert.Equal(ExitCode.Precondition, run.ExitCode);
        Assert.Contains("512", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2.0, 3.0, 1.0, 2.0)]
    [InlineData(2.5, 1.0, 2.0, 3.0, 4.0)]
    [InlineData(7.0, 7.0)]
    public void Median_IsTheMiddle(double expected, params double[] values) => Assert.Equal(expected, Median.Of(values));

    [Fact]
    public void Prompt_StaysInTheVocabulary_AndIsFixed()
    {
        uint[] prompt = ThroughputBenchmark.Prompt(1000, 2048);
        Assert.All(prompt, token => Assert.InRange(token, 0u, 2047u));
        Assert.Equal(prompt, ThroughputBenchmark.Prompt(1000, 2048));
        Assert.True(prompt.Distinct().Count() > 500);
    }
}

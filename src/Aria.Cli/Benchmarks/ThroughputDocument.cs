using Aria.Engine.Models;

namespace Aria.Cli.Benchmarks;

/// <summary>What <c>bench throughput --json</c> prints. Rates are medians over the samples; everything in it was measured in this run.</summary>
internal sealed record ThroughputDocument(
    string Schema,
    string Model,
    string ModelId,
    long ModelBytes,
    string NumericSpec,
    string Kernels,
    int Threads,
    int PromptTokens,
    int GeneratedTokens,
    int Repetitions,
    double PrefillTokensPerSecond,
    double DecodeTokensPerSecond,
    double LoadSeconds,
    long? PeakResidentBytes,
    string EnergyMethod,
    IReadOnlyList<ThroughputSample> Samples,
    BenchEnvironment Environment)
{
    public const string SchemaName = "aria.bench.throughput/1";

    public static ThroughputDocument Of(ModelFile model, string kernels, int threads, int prompt, int generated, TimeSpan load, IReadOnlyList<ThroughputSample> samples, BenchEnvironment environment) => new(
        SchemaName, model.Name, model.Id.ToString(), model.FileBytes, Engine.NumericSpec.Id, kernels, threads, prompt, generated, samples.Count,
        Median.Of(samples.Select(sample => sample.PrefillTokensPerSecond)), Median.Of(samples.Select(sample => sample.DecodeTokensPerSecond)),
        load.TotalSeconds, BenchEnvironment.PeakResidentBytes(), "none", samples, environment);
}

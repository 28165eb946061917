namespace Aria.Cli.Benchmarks;

/// <summary>What every <c>aria bench … --json</c> prints. Rates are medians over samples of this run; nothing is extrapolated.</summary>
/// <param name="Schema"><see cref="SchemaName"/>.</param>
/// <param name="Benchmark"><c>throughput</c>, <c>threads</c>, <c>prompt</c>, <c>context</c> or <c>parallel</c>.</param>
/// <param name="NumericSpec">The arithmetic.</param>
/// <param name="Repetitions">Samples of each figure.</param>
/// <param name="PrefillTokensPerSecond">The first point's.</param>
/// <param name="DecodeTokensPerSecond">The first point's.</param>
/// <param name="EnergyMethod"><c>rapl</c> (counters of the processor package), <c>estimate-tdp</c> (watts that the user gave, times time) or <c>none</c>.</param>
/// <param name="Models">What was measured.</param>
/// <param name="Points">The figures.</param>
/// <param name="Environment">Where.</param>
internal sealed record BenchDocument(
    string Schema,
    string Benchmark,
    string NumericSpec,
    int Repetitions,
    double? PrefillTokensPerSecond,
    double? DecodeTokensPerSecond,
    string EnergyMethod,
    IReadOnlyList<BenchModel> Models,
    IReadOnlyList<BenchPoint> Points,
    BenchEnvironment Environment)
{
    public const string SchemaName = "aria.bench/1";

    public static BenchDocument Of(string benchmark, int repetitions, string energyMethod, IReadOnlyList<BenchModel> models, IReadOnlyList<BenchPoint> points, BenchEnvironment environment) => new(
        SchemaName, benchmark, Engine.NumericSpec.Id, repetitions, points[0].PrefillTokensPerSecond, points[0].DecodeTokensPerSecond, energyMethod, models, points, environment);
}

/// <summary>A model that was measured.</summary>
/// <param name="Name">As its file has it.</param>
/// <param name="ModelId">SHA-256 of its manifest.</param>
/// <param name="Bytes">Length of its file.</param>
/// <param name="LoadSeconds">From opening the file to an engine that is ready.</param>
/// <param name="PeakResidentBytes">Most memory in RAM up to the end of the first run (VmHWM); null where the system does not tell.</param>
/// <param name="PeakResidentPerFileByte">The same as a part of the file.</param>
internal sealed record BenchModel(string Name, string ModelId, long Bytes, double LoadSeconds, long? PeakResidentBytes, double? PeakResidentPerFileByte);

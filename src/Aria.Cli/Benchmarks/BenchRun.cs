using System.Globalization;
using Aria.Cli.Commands;
using Aria.Engine.Execution;

namespace Aria.Cli.Benchmarks;

/// <summary>What every benchmark is told, and what it does around its points: opens models, warms up, remarks on progress.</summary>
internal sealed class BenchRun(CommandScope scope, string benchmark, int repetitions, EngineOptions options, double? tdpWatts, bool roofline, CancellationToken stopping) : IDisposable
{
    private const int LongestWarmUp = 128;

    private readonly BenchEnvironment _environment = BenchEnvironment.Here(scope.Time);
    private readonly List<BenchModel> _models = [];
    private readonly List<BenchPoint> _points = [];
    private readonly EnergyReading _energy = EnergyReading.Open(tdpWatts, options.Threads);

    private ReadKernel? _reading;
    private int _readingThreads;

    public CancellationToken Stopping => stopping;

    public int Repetitions => repetitions;

    /// <summary>Opens a model on <paramref name="threads"/> threads, else as many as the run was told.</summary>
    public BenchTarget Open(string model, int? threads = null)
    {
        scope.Terminal.Remark($"{model}: loading");
        return BenchTarget.Open(model, options with { Threads = threads ?? options.Threads }, scope.Time);
    }

    public EngineStreams Streams(BenchTarget target, int positions, int requests = 1) => new(target.Engine, requests, positions, scope.Time);

    /// <summary>Call it after <see cref="WarmUp"/>: with a roofline it takes memory.</summary>
    public PointSamples Point(BenchTarget target, int promptTokens, int generatedTokens, int requests = 1) =>
        new(target, requests, promptTokens, generatedTokens, EnergyReading.Open(tdpWatts, target.Threads), roofline ? Reading(target.Threads) : null);

    /// <summary>One run that is not counted, of a short prompt: warms caches and lets the compiler settle.</summary>
    public void WarmUp(BenchTarget target, int promptTokens, int generatedTokens)
    {
        promptTokens = Math.Min(promptTokens, LongestWarmUp);
        generatedTokens = Math.Min(generatedTokens, LongestWarmUp);
        using (EngineStreams streams = Streams(target, promptTokens + generatedTokens))
        {
            new PointSamples(target, 1, promptTokens, generatedTokens, EnergyReading.Open(null, target.Threads), null).Add(streams, prefill: true, stopping);
        }

        target.NotePeakMemory();
    }

    /// <summary>Tells how a sample went, on standard error.</summary>
    public void Remark(int repetition, string what, BenchSample sample) => scope.Terminal.Remark(string.Create(
        CultureInfo.InvariantCulture,
        $"run {repetition + 1} of {repetitions}: {what}{(sample.PrefillTokensPerSecond is { } prefill ? $" prefill {prefill:0.0}" : "")}{(sample.DecodeTokensPerSecond is { } decode ? $" decode {decode:0.0}" : "")} tokens/s"));

    /// <summary>Keeps what was measured of a model.</summary>
    public void Add(BenchTarget target, IEnumerable<BenchPoint> points)
    {
        _points.AddRange(points);
        if (!_models.Any(model => model.Name == target.Name))
        {
            _models.Add(target.Describe());
        }
    }

    public BenchDocument ToDocument() => BenchDocument.Of(benchmark, repetitions, _energy.Method, _models, _points, _environment);

    public void Dispose() => _reading?.Dispose();

    private ReadKernel Reading(int threads)
    {
        if (_reading is null || _readingThreads != threads)
        {
            _reading?.Dispose();
            (_reading, _readingThreads) = (new(threads), threads);
        }

        return _reading;
    }
}

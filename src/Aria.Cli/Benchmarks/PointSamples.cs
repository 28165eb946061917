using Aria.Engine.Execution;

namespace Aria.Cli.Benchmarks;

/// <summary>Measures one point: samples are added one by one, and in the end summed up.</summary>
/// <param name="target">What is measured.</param>
/// <param name="requests">Sequences decoded together.</param>
/// <param name="promptTokens">Before the first generated token of each.</param>
/// <param name="generatedTokens">By each sequence.</param>
/// <param name="energy">How energy is told.</param>
/// <param name="reading">The memory's speed; null where nothing is held against it.</param>
internal sealed class PointSamples(BenchTarget target, int requests, int promptTokens, int generatedTokens, EnergyReading energy, ReadKernel? reading)
{
    private readonly List<BenchSample> _samples = [];
    private readonly List<RooflineSample> _reads = [];
    private readonly List<double> _steps = [];          // seconds of each decoding step
    private readonly double[] _seconds = new double[generatedTokens];

    public int Requests => requests;

    public int PromptTokens => promptTokens;

    /// <summary>Of each sequence's cache.</summary>
    public int Positions => promptTokens + generatedTokens;

    public BenchSample Last => _samples[^1];

    /// <summary>One run on <paramref name="streams"/>: the prompts' time counts only where <paramref name="prefill"/> says that they were read in one go for this sample.</summary>
    public void Add(EngineStreams streams, bool prefill, CancellationToken cancellationToken)
    {
        double? prompts = streams.ReadPrompts(promptTokens, cancellationToken).TotalSeconds;
        prompts = prefill ? prompts : null;
        BenchSample sample = new(prompts, requests * promptTokens / prompts);
        _samples.Add(generatedTokens == 0 ? sample : Decode(streams, sample, cancellationToken));
    }

    public BenchPoint ToPoint()
    {
        double[] prefill = Those(sample => sample.PrefillTokensPerSecond);
        double[] decode = Those(sample => sample.DecodeTokensPerSecond);
        return new(
            target.Name, target.Engine.Kernels, target.Threads, requests, promptTokens, generatedTokens,
            MedianOf(prefill), SpreadOf(prefill), MedianOf(decode), SpreadOf(decode), ShareOfPrefillRate: null,
            1000 * MedianOf(Those(sample => sample.PrefillSeconds)),
            _steps.Count == 0 ? null : Percentiles.Of(_steps.Select(seconds => 1000 * seconds)),
            MedianOf(Those(sample => sample.AllocatedBytesPerDecodedToken)),
            _samples.All(sample => sample.DecodeEnergy is not null)
                ? new(Median.Of(_samples.Select(sample => sample.DecodeEnergy!.LowMillijoules)), Median.Of(_samples.Select(sample => sample.DecodeEnergy!.HighMillijoules)))
                : null,
            _reads.Count == 0 ? null : Roofline.Of(_reads),
            _samples);
    }

    private BenchSample Decode(EngineStreams streams, BenchSample sample, CancellationToken cancellationToken)
    {
        int tokens = requests * generatedTokens;
        double? memory = reading?.Measure();
        EngineReads before = target.Engine.Reads;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        energy.Begin();
        TimeSpan decode = streams.Decode(_seconds, cancellationToken);
        BenchEnergy? used = energy.End(decode, tokens);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        _steps.AddRange(_seconds);
        sample = sample with
        {
            DecodeSeconds = decode.TotalSeconds,
            DecodeTokensPerSecond = tokens / decode.TotalSeconds,
            AllocatedBytesPerDecodedToken = allocated / (double)tokens,
            DecodeEnergy = used,
        };
        if (memory is not { } speed)
        {
            return sample;
        }

        RooflineSample read = new(target.Engine.Reads - before, tokens, decode, speed);
        _reads.Add(read);
        return sample with { ReadBytesPerSecond = read.BytesPerSecond, ReadKernelBytesPerSecond = speed };
    }

    private static double? MedianOf(double[] values) => values.Length == 0 ? null : Median.Of(values);

    private static Spread? SpreadOf(double[] values) => values.Length == 0 ? null : Spread.Of(values);

    private double[] Those(Func<BenchSample, double?> value) => [.. _samples.Select(value).OfType<double>()];
}

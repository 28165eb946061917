using Aria.Engine.Execution;

namespace Aria.Cli.Benchmarks;

/// <summary>
/// How near decoding comes to what memory gives: bytes that it has to read for each token, by the engine's own account, times tokens a second, against <see cref="ReadKernel"/>
/// with as many threads in the same run.
/// </summary>
/// <param name="BytesPerToken">The sum of the four that follow.</param>
/// <param name="TernaryBytesPerToken">Packed matrices of the layers.</param>
/// <param name="ScreenBytesPerToken">The eight-bit copy of the head.</param>
/// <param name="HeadBytesPerToken">Rows of the head that were computed exactly.</param>
/// <param name="KvBytesPerToken">Keys and values.</param>
/// <param name="RescoredRowsPerToken">How many rows of the head were computed exactly.</param>
/// <param name="BytesPerSecond">What decoding read: median.</param>
/// <param name="ReadKernelBytesPerSecond">What the machine gave just before: median.</param>
/// <param name="Share">Of the two in one sample: median.</param>
internal sealed record Roofline(
    double BytesPerToken,
    double TernaryBytesPerToken,
    double ScreenBytesPerToken,
    double HeadBytesPerToken,
    double KvBytesPerToken,
    double RescoredRowsPerToken,
    double BytesPerSecond,
    double ReadKernelBytesPerSecond,
    double Share)
{
    /// <exception cref="ArgumentException">There is no sample.</exception>
    public static Roofline Of(IReadOnlyCollection<RooflineSample> samples)
    {
        double tokens = samples.Sum(sample => sample.Tokens);
        double PerToken(Func<EngineReads, long> bytes) => samples.Sum(sample => (double)bytes(sample.Reads)) / tokens;
        return new(
            PerToken(reads => reads.Bytes), PerToken(reads => reads.TernaryBytes), PerToken(reads => reads.ScreenBytes), PerToken(reads => reads.HeadBytes),
            PerToken(reads => reads.KvBytes), PerToken(reads => reads.RescoredRows), Median.Of(samples.Select(sample => sample.BytesPerSecond)),
            Median.Of(samples.Select(sample => sample.ReadKernelBytesPerSecond)), Median.Of(samples.Select(sample => sample.BytesPerSecond / sample.ReadKernelBytesPerSecond)));
    }
}

/// <summary>One run of decoding, and the memory's speed just before it.</summary>
internal readonly record struct RooflineSample(EngineReads Reads, int Tokens, TimeSpan Decode, double ReadKernelBytesPerSecond)
{
    public double BytesPerSecond => Reads.Bytes / Decode.TotalSeconds;
}

namespace Aria.Cli.Benchmarks;

/// <summary>One line of a benchmark: what was done, and what came of it. What a benchmark does not measure is null.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Kernels">The kernels that ran.</param>
/// <param name="Threads">Compute threads.</param>
/// <param name="Requests">Sequences that were decoded together.</param>
/// <param name="PromptTokens">Tokens before the first generated one.</param>
/// <param name="GeneratedTokens">Tokens written by each sequence; 0 where only the prompt was read.</param>
/// <param name="PrefillTokensPerSecond">Median.</param>
/// <param name="PrefillSpread">Of the samples.</param>
/// <param name="DecodeTokensPerSecond">Median; of all sequences together.</param>
/// <param name="DecodeSpread">Of the samples.</param>
/// <param name="ShareOfPrefillRate">The decoding rate as a part of the rate at which one long prompt is read in the same run, which is about the most that decoding together can reach.</param>
/// <param name="FirstTokenMilliseconds">Reading the prompts and one head: median.</param>
/// <param name="TokenMilliseconds">Time of one decoding step, over all samples.</param>
/// <param name="AllocatedBytesPerDecodedToken">Managed memory that the calling thread allocated while it decoded: median.</param>
/// <param name="DecodeEnergy">Of a decoded token, where there is a method.</param>
/// <param name="Roofline">With <c>--roofline</c>.</param>
/// <param name="Samples">One for each repetition.</param>
internal sealed record BenchPoint(
    string Model,
    string Kernels,
    int Threads,
    int Requests,
    int PromptTokens,
    int GeneratedTokens,
    double? PrefillTokensPerSecond,
    Spread? PrefillSpread,
    double? DecodeTokensPerSecond,
    Spread? DecodeSpread,
    double? ShareOfPrefillRate,
    double? FirstTokenMilliseconds,
    Percentiles? TokenMilliseconds,
    double? AllocatedBytesPerDecodedToken,
    BenchEnergy? DecodeEnergy,
    Roofline? Roofline,
    IReadOnlyList<BenchSample> Samples)
{
    /// <summary>Held against the rate at which <paramref name="prompt"/> was read.</summary>
    public BenchPoint Against(BenchPoint prompt) => this with { ShareOfPrefillRate = DecodeTokensPerSecond / prompt.PrefillTokensPerSecond };
}

/// <summary>One measured run.</summary>
/// <param name="PrefillSeconds">Embedding and layers for the whole prompts, and the head for their last tokens.</param>
/// <param name="PrefillTokensPerSecond">Of the prompts.</param>
/// <param name="DecodeSeconds">All of the generated tokens.</param>
/// <param name="DecodeTokensPerSecond">Of the generated tokens, all sequences together.</param>
/// <param name="AllocatedBytesPerDecodedToken">Managed memory that the calling thread allocated while it decoded.</param>
/// <param name="DecodeEnergy">Of a decoded token.</param>
/// <param name="ReadBytesPerSecond">What decoding read, with <c>--roofline</c>.</param>
/// <param name="ReadKernelBytesPerSecond">What <see cref="ReadKernel"/> read just before.</param>
internal sealed record BenchSample(
    double? PrefillSeconds = null,
    double? PrefillTokensPerSecond = null,
    double? DecodeSeconds = null,
    double? DecodeTokensPerSecond = null,
    double? AllocatedBytesPerDecodedToken = null,
    BenchEnergy? DecodeEnergy = null,
    double? ReadBytesPerSecond = null,
    double? ReadKernelBytesPerSecond = null);

/// <summary>Energy of a decoded token as a range: low, what falls to the threads in use; high, the whole processor package.</summary>
internal sealed record BenchEnergy(double LowMillijoules, double HighMillijoules);

using Aria.Engine.Execution;
using Aria.Engine.Models;

namespace Aria.Cli.Benchmarks;

/// <summary>
/// Times one stream on one engine that holds the whole model: a prompt in one call, then tokens one by one. Tokenizing and sampling are left out, an end token does not end a
/// run, and the prompt is fixed, so that two runs do the same work.
/// </summary>
internal sealed class ThroughputBenchmark(SpanEngine engine, int promptTokens, int generatedTokens, TimeProvider time)
{
    private readonly uint[] _prompt = Prompt(promptTokens, engine.Shape.Vocabulary);
    private readonly float[] _rows = new float[(long)promptTokens * engine.Shape.Dim];
    private readonly float[] _row = new float[engine.Shape.Dim];
    private readonly Candidate[] _best = new Candidate[1];

    /// <summary>One run with a cache of its own.</summary>
    public ThroughputSample Run(CancellationToken cancellationToken)
    {
        using KvCache cache = engine.CreateCache(engine.Span.Layers, promptTokens + generatedTokens);
        long began = time.GetTimestamp();
        engine.Embed(_prompt, _rows);
        engine.Forward(cache, 0, _rows);
        engine.Head(_rows.AsSpan(^engine.Shape.Dim..), _best);
        TimeSpan prefill = time.GetElapsedTime(began);

        cancellationToken.ThrowIfCancellationRequested();
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        began = time.GetTimestamp();
        for (int i = 0; i < generatedTokens; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            engine.Embed([_best[0].Token], _row);
            engine.Forward(cache, promptTokens + i, _row);
            engine.Head(_row, _best);
        }

        TimeSpan decode = time.GetElapsedTime(began);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        return new(prefill.TotalSeconds, decode.TotalSeconds, promptTokens / prefill.TotalSeconds, generatedTokens / decode.TotalSeconds, allocated / (double)generatedTokens);
    }

    /// <summary>Tokens spread over the vocabulary by a fixed rule (Knuth's multiplicative hash), the same on every machine.</summary>
    internal static uint[] Prompt(int tokens, int vocabulary) => [.. Enumerable.Range(1, tokens).Select(i => unchecked((uint)i * 2_654_435_761u) % (uint)vocabulary)];
}

/// <summary>One measured run.</summary>
/// <param name="PrefillSeconds">Embedding, layers and one head for the whole prompt.</param>
/// <param name="DecodeSeconds">All of the generated tokens.</param>
/// <param name="PrefillTokensPerSecond">Of the prompt.</param>
/// <param name="DecodeTokensPerSecond">Of the generated tokens.</param>
/// <param name="AllocatedBytesPerDecodedToken">Managed memory that the calling thread allocated while it decoded.</param>
internal sealed record ThroughputSample(
    double PrefillSeconds, double DecodeSeconds, double PrefillTokensPerSecond, double DecodeTokensPerSecond, double AllocatedBytesPerDecodedToken);

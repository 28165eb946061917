using System.Collections.Concurrent;
using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Engine.Sampling;

namespace Aria.Pipeline.Tests.Network;

/// <summary>The built-in model, and what one engine alone makes of it.</summary>
internal static class TinyModel
{
    private static readonly ConcurrentDictionary<SamplingParameters, Lazy<Generation>> Known = [];

    public static ModelFile File { get; } = ModelFile.Open("aria-tiny");

    public static int Layers => File.Shape.Layers;

    public static uint[] Prompt { get; } = [.. Enumerable.Range(0, 11).Select(i => (uint)((i * 37) + 3))];

    public const int Outputs = 6;

    /// <summary>Weights for a node's own use.</summary>
    public static SpanEngine Engine(StageSpan span) => new(File, span, new() { Kernels = KernelPath.Scalar });

    public static StageSpan Span(int start, int end, bool? head = null) => new(start == 0, LayerRange.Of(start, end), head ?? end == Layers);

    /// <summary>The model in <paramref name="stages"/> parts, as even as they come; one more than the layers gives the head a stage of its own.</summary>
    public static StageSpan[] Split(int stages)
    {
        if (stages > Layers)
        {
            return [.. Split(stages - 1)[..^1], Span(Split(stages - 1)[^1].Layers.Start, Layers, head: false), new(false, LayerRange.Of(Layers, Layers), true)];
        }

        return [.. Enumerable.Range(0, stages).Select(i => Span(i * Layers / stages, (i + 1) * Layers / stages))];
    }

    /// <summary>Prompt and answer by one engine over the whole model, position by position.</summary>
    public static Generation Alone(SamplingParameters sampling) => Known.GetOrAdd(sampling, _ => new(() => Run(sampling))).Value;

    private static Generation Run(SamplingParameters sampling)
    {
        using SpanEngine engine = Engine(StageSpan.Whole(Layers));
        using KvCache cache = engine.CreateCache(LayerRange.Of(0, Layers), 128);
        List<uint> output = [];
        List<Candidate[]> answers = [];
        List<float?> logSums = [];
        LogitAdjustment adjustment = LogitAdjustment.Of(sampling, Prompt.Length);
        for (int position = 0; output.Count < Outputs; position++)
        {
            uint token = position < Prompt.Length ? Prompt[position] : output[position - Prompt.Length];
            float[] row = new float[File.Shape.Dim];
            engine.Embed([token], row);
            engine.Forward(cache, position, row);
            adjustment.Count([token]);
            if (position >= Prompt.Length - 1)
            {
                Candidate[] candidates = new Candidate[sampling.CandidateCount];
                float? logSum = null;
                if (sampling.WantsLogSum)
                {
                    engine.Head(row, [], adjustment, out float sum);
                    logSum = sum;
                }

                logSums.Add(logSum);
                answers.Add(candidates[..engine.Head(row, candidates, adjustment)]);
                output.Add(Sampler.Choose(answers[^1], sampling, position + 1));
            }
        }

        return new([.. output], [.. answers], [.. logSums]);
    }
}

/// <summary>Tokens chosen, the candidates that each was chosen from, and the log-sums beside them.</summary>
internal sealed record Generation(uint[] Output, Candidate[][] Answers, float?[] LogSums);

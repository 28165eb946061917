using System.Collections.Immutable;
using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Engine.Sampling;
using Aria.Testing.Jobs;

namespace Aria.Audit.Tests;

/// <summary>A job as two engines computed it, one behind the other, each perhaps with weights of its own: every row, every candidate, the tokens chosen.</summary>
internal static class ComputedJob
{
    public static readonly ImmutableArray<uint> Prompt = [0, 424, 439, 263, 400];       // "Once upon a time"

    public static SampleActivations Run(ModelFile first, ModelFile second, int tokens, SamplingParameters sampling)
    {
        int layers = first.Shape.Layers, dim = first.Shape.Dim, half = layers / 2;
        Dictionary<(int, int), float[]> rows = [];
        Dictionary<int, Candidate[]> candidates = [];
        List<uint> known = [.. Prompt];
        using SpanEngine front = new(first, new(true, LayerRange.Of(0, half), false), new EngineOptions());
        using SpanEngine back = new(second, new(false, LayerRange.Of(half, layers), true), new EngineOptions());
        using KvCache frontCache = front.CreateCache(LayerRange.Of(0, half), Prompt.Length + tokens), backCache = back.CreateCache(LayerRange.Of(half, layers), Prompt.Length + tokens);
        float[] row = new float[dim];
        Candidate[] best = new Candidate[sampling.CandidateCount];
        Dictionary<int, float?> logSums = [];
        LogitAdjustment adjustment = LogitAdjustment.Of(sampling, Prompt.Length);
        for (int position = 0; position < Prompt.Length + tokens - 1; position++)
        {
            front.Embed([known[position]], row);
            front.Forward(frontCache, position, row, Keep);
            back.Forward(backCache, position, row, Keep);
            adjustment.Count([known[position]]);
            if (position >= Prompt.Length - 1)
            {
                int found = back.Head(row, best, adjustment, out float logSum);
                logSums[position] = sampling.WantsLogSum ? logSum : null;
                candidates[position] = best[..found];
                known.Add(Sampler.Choose(best.AsSpan(0, found), sampling, position + 1));
            }
        }

        return new(layers, Prompt, [.. known.Skip(Prompt.Length)], sampling, (boundary, position) => rows[(boundary, position)], position => candidates[position]) { LogSum = position => logSums[position] };

        void Keep(int boundary, int position, ReadOnlySpan<float> at) => rows[(boundary, position)] = at.ToArray();
    }
}

using System.Runtime.InteropServices;
using Aria.Engine.Execution;
using Aria.Engine.Kernels;
using Aria.Engine.Models;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Sampling;
using Aria.Engine.Tests.Models;
using Aria.Testing;

namespace Aria.Engine.Tests.Execution;

/// <summary>Screening leaves rows out, never a candidate.</summary>
public unsafe class HeadScreenTests
{
    public static TheoryData<int, string> Heads
    {
        get
        {
            TheoryData<int, string> all = [];
            foreach (TensorType type in (TensorType[])[TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.Q8_0, TensorType.Q6_K])
            {
                all.Add((int)type, "random");
            }

            foreach (string kind in (string[])["zero", "equal", "one large", "tiny", "close"])
            {
                all.Add((int)TensorType.F32, kind);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Heads))]
    public void Candidates_AreThoseOfTheWholeHead(int type, string kind)
    {
        Random random = TestSeed.Random();
        NanoModel nano = new() { Layers = 1, Dim = 256, HeadDim = 64, Vocabulary = 700, Numbers = (TensorType)type, Seed = random.Next() };
        GgufBuilder builder = nano.Builder();
        if (kind != "random")
        {
            float Number(int i) => kind switch
            {
                "zero" => 0f,
                "equal" => (i % 256) - 100f,
                "one large" => i % 256 == 7 ? 1e6f : (float)random.NextDouble(),
                "tiny" => (float)random.NextDouble() * 1e-42f,
                _ => (i % 256) + ((float)random.NextDouble() * 1e-4f),
            };
            builder.Change("token_embd.weight", tensor => tensor with { Data = GgufBuilder.Singles(Enumerable.Range(0, 700 * 256).Select(Number)) });
        }

        using ModelFile model = NanoModel.Open(builder.Build());
        using SpanWeights weights = new(model, new(false, LayerRange.Of(1, 1), true), RowGrouping.Four);
        using ComputeTeam team = new(2);
        using HeadExecutor<ScalarKernels> whole = new(weights, team, null);
        using HeadExecutor<VectorKernels<PortableTernary>> screened = new(weights, team, new(weights.Head));
        for (int round = 0; round < 30; round++)
        {
            int rows = random.Next(1, HeadRow.MaxTogether + 1);
            float[] x = [.. Enumerable.Range(0, rows * 256).Select(_ => ((float)random.NextDouble() - 0.5f) * (random.Next(round % 3 == 0 ? 20 : 400) == 0 ? 50 : 1))];
            if (round == 0)
            {
                x.AsSpan().Clear();
            }

            int[] counts = [0, 1, 2, 16, 256, 699, 700];
            HeadQuery[] queries =
            [
                .. Enumerable.Range(0, rows).Select(i => new HeadQuery(
                    counts[(i + round) % counts.Length], (i + round) % 3 == 0 ? null : Adjustment(random, i + round), random.Next(4) == 0)),
            ];
            Head expected = new([], []);
            for (int i = 0; i < rows; i++)
            {
                Head one = Run(whole, x.AsSpan(i * 256, 256), queries.AsSpan(i, 1));
                expected.Candidates.AddRange(one.Candidates);
                expected.LogSums.AddRange(one.LogSums);
            }

            Head found = Run(screened, x, queries);
            Assert.Equal(expected.Candidates, found.Candidates);
            Assert.Equal(expected.LogSums, found.LogSums);
        }
    }

    // Of 700 tokens: biases of a few, and penalties over a history that holds some of them once and some often.
    private static LogitAdjustment Adjustment(Random random, int round)
    {
        LogitBiases biases = LogitBiases.Of(Enumerable.Range(0, 5).Select(i => new LogitBias((uint)((i * 150) + random.Next(150)), ((float)random.NextDouble() - 0.5f) * 60)));
        float Number(float from, float to) => from + ((float)random.NextDouble() * (to - from));
        RepetitionPenalties penalties = (round % 5) switch
        {
            0 => RepetitionPenalties.None,
            1 => new(Number(1e-3f, 0.9f), 0, 0),
            2 => new(Number(1, 2), 0, Number(-2, 2)),
            _ => new(Number(0.5f, 2), Number(-2, 2), Number(-2, 2)),
        };
        uint[] history = [.. Enumerable.Range(0, random.Next(400)).Select(i => (uint)random.Next(i % 3 == 0 ? 20 : 700))];
        LogitAdjustment adjustment = new(penalties, history.Length / 2, biases);
        adjustment.Count(history);
        return adjustment;
    }

    [Fact]
    public void PenalisingTheBest_ComputesFewRowsMore()
    {
        using ModelFile model = new NanoModel { Layers = 1, Dim = 256, HeadDim = 64, Vocabulary = 4000 }.Open();
        using SpanWeights weights = new(model, new(false, LayerRange.Of(1, 1), true), RowGrouping.Four);
        using ComputeTeam team = new(1);
        using HeadExecutor<VectorKernels<PortableTernary>> screened = new(weights, team, new(weights.Head));
        using HeadExecutor<ScalarKernels> whole = new(weights, team, null);
        float[] row = [.. Enumerable.Range(0, 256).Select(i => ((i * 37) % 101) - 50f)];
        LogitAdjustment adjustment = new(new(1.3f, 0.5f, 0.25f), 10, default);
        HashSet<uint> seen = [];
        for (int step = 0; step < 100; step++)
        {
            List<(uint Token, int Bits)> best = Run(screened, row, [new(1, adjustment)]).Candidates;
            Assert.InRange(screened.Computed, 1, 300);
            Assert.Equal(Run(whole, row, [new(1, adjustment)]).Candidates, best);
            adjustment.Count([best[0].Token]);
            seen.Add(best[0].Token);
        }

        Assert.True(seen.Count > 5, "penalties let other tokens through");
    }

    [Fact]
    public void ALogitThatOverflows_IsRefusedByBoth()
    {
        using ModelFile model = new NanoModel { Layers = 1, Dim = 256, HeadDim = 64, Vocabulary = 700 }.Open();
        using SpanWeights weights = new(model, new(false, LayerRange.Of(1, 1), true), RowGrouping.Four);
        using ComputeTeam team = new(1);
        using HeadExecutor<VectorKernels<PortableTernary>> screened = new(weights, team, new(weights.Head));
        using HeadExecutor<ScalarKernels> whole = new(weights, team, null);
        float[] row = [.. Enumerable.Range(0, 256).Select(i => ((i * 37) % 101) - 50f)];
        LogitAdjustment adjustment = new(new(float.Epsilon, 0, 0), 0, default);
        adjustment.Count([.. Enumerable.Range(0, 700).Select(i => (uint)i)]);
        Candidate[] best = new Candidate[1];
        HeadOutcome[] outcomes = new HeadOutcome[2];
        fixed (float* x = row)
        {
            screened.Run(x, [new(1, adjustment)], best, outcomes);
            whole.Run(x, [new(1, adjustment)], best, outcomes.AsSpan(1));
        }

        Assert.All(outcomes, outcome => Assert.NotNull(outcome.Failure));
    }

    [Fact]
    public void TheLogSum_IsThatOfAllAdjustedLogits_WhateverIsScreened()
    {
        Random random = TestSeed.Random();
        using ModelFile model = new NanoModel { Layers = 1, Dim = 256, HeadDim = 64, Vocabulary = 700 }.Open();
        using SpanWeights weights = new(model, new(false, LayerRange.Of(1, 1), true), RowGrouping.Four);
        using ComputeTeam team = new(2);
        using HeadExecutor<VectorKernels<PortableTernary>> screened = new(weights, team, new(weights.Head));
        using HeadExecutor<ScalarKernels> whole = new(weights, team, null);
        for (int round = 0; round < 20; round++)
        {
            float[] row = [.. Enumerable.Range(0, 256).Select(_ => ((float)random.NextDouble() - 0.5f) * 8)];
            LogitAdjustment adjustment = Adjustment(random, round);
            Head best = Run(screened, row, [new(5, adjustment, WantsLogSum: true)]);
            Head all = Run(whole, row, [new(700, adjustment)]);
            Assert.Equal([LogSum.Of([.. all.Candidates.OrderBy(one => one.Token).Select(one => BitConverter.Int32BitsToSingle(one.Bits))])], best.LogSums);
            Assert.Equal([0f], all.LogSums);
            Assert.Equal(all.Candidates[..5], best.Candidates);
        }
    }

    [Fact]
    public void OfARandomHead_FewRowsAreComputed()
    {
        using ModelFile model = new NanoModel { Layers = 1, Dim = 256, HeadDim = 64, Vocabulary = 4000 }.Open();
        using SpanWeights weights = new(model, new(false, LayerRange.Of(1, 1), true), RowGrouping.Four);
        using ComputeTeam team = new(1);
        using HeadExecutor<VectorKernels<PortableTernary>> screened = new(weights, team, new(weights.Head));
        float[] row = [.. Enumerable.Range(0, 256).Select(i => ((i * 37) % 101) - 50f)];
        Run(screened, row, [new(1)]);
        Assert.InRange(screened.Computed, 1, 200);
        Run(screened, row, [new(4000)]);
        Assert.Equal(4000, screened.Computed);
        Run(screened, [.. row, .. row, .. row], [new(1), new(4000), new(2)]);
        Assert.InRange(screened.Computed, 4003, 4400);
    }

    [Fact]
    public void EveryLogit_LiesWithinItsBounds()
    {
        Random random = TestSeed.Random();
        using ModelFile model = new NanoModel { Layers = 1, Dim = 384, HeadDim = 96, Vocabulary = 300, Numbers = TensorType.F16 }.Open();
        FloatTensor head = model.Tensors.Head;
        using HeadScreen screen = new(head);
        float[] logits = new float[300];
        float[] lower = new float[300];
        float[] upper = new float[300];
        int[] products = new int[HeadScreen.MaxVectors * 300];
        float[] room = new float[384];
        for (int round = 0; round < 40; round++)
        {
            screen.Clear();
            int inputs = random.Next(1, 6);
            for (int input = 0; input < inputs; input++)
            {
                bool outlier = random.Next(2) == 0;
                float[] y = [.. Enumerable.Range(0, 384).Select(i => Aria.Engine.Numerics.Float16.Round(outlier && i == 77 ? -200f : ((float)random.NextDouble() - 0.5f) * 9))];
                fixed (float* x = y, l = logits, low = lower, high = upper, r = room)
                {
                    fixed (int* p = products)
                    {
                        ScreenInput told = screen.TryAdd(x)!.Value;
                        Assert.Equal(outlier, told.Wide);
                        ScalarKernels.Screen(screen.Row(0), 300, screen.Stride, screen.Vectors, screen.Count, p, 300);
                        screen.Bounds(told, 0, 300, p, 300, low, high);
                        ScalarKernels.Logits(head.Type, head.Data, head.RowBytes, 300, 384, x, l, r);
                    }
                }

                for (int i = 0; i < 300; i++)
                {
                    Assert.InRange(logits[i], lower[i], upper[i]);
                    Assert.InRange(upper[i] - lower[i], 0, outlier ? 400 : 40);
                }
            }
        }
    }

    [Fact]
    public void TheNth_IsWhatSortingFinds()
    {
        Random random = TestSeed.Random();
        for (int round = 0; round < 200; round++)
        {
            float[] values = [.. Enumerable.Range(0, random.Next(1, 200)).Select(_ => random.Next(-20, 20) / 4f)];
            int n = random.Next(1, values.Length + 1);
            Assert.Equal(values.OrderDescending().ElementAt(n - 1), CandidateSelection.Nth(values, n, new float[n]));
        }
    }

    private static Head Run<TKernels>(HeadExecutor<TKernels> head, ReadOnlySpan<float> rows, ReadOnlySpan<HeadQuery> queries)
        where TKernels : IKernels
    {
        int sum = 0;
        foreach (HeadQuery query in queries)
        {
            sum += query.Candidates;
        }

        Candidate[] candidates = new Candidate[sum];
        HeadOutcome[] outcomes = new HeadOutcome[queries.Length];
        fixed (float* x = rows)
        {
            Assert.Equal(sum, head.Run(x, queries, candidates, outcomes));
        }

        Assert.All(outcomes, outcome => Assert.Null(outcome.Failure));
        return new([.. candidates.Select(one => (one.Token, BitConverter.SingleToInt32Bits(one.Logit)))], [.. outcomes.Select(outcome => outcome.LogSum)]);
    }

    private sealed record Head(List<(uint Token, int Bits)> Candidates, List<float> LogSums);
}

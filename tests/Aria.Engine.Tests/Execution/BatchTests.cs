using Aria.Engine.Execution;
using Aria.Engine.Kernels;
using Aria.Engine.Models;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Sampling;
using Aria.Engine.Tests.Models;
using Aria.Testing;

namespace Aria.Engine.Tests.Execution;

/// <summary>What a sequence gives does not depend on who is computed with it.</summary>
public class BatchTests
{
    private static readonly NanoModel[] Shapes =
    [
        new() { Layers = 2 },
        new() { Layers = 2, Architecture = "llama", Dim = 256, HeadDim = 64, Numbers = TensorType.Q6_K, FeedForward = 512, TiedHead = false },
        new() { Layers = 2, Architecture = "bitnet", Dim = 384, HeadDim = 96, KvHeads = 4, Numbers = TensorType.BF16 },
    ];

    public static MatrixTheoryData<int, KernelPath, int> Cells { get; } = new([0, 1, 2], [KernelPath.Scalar, KernelPath.Simd, KernelPath.Native], [1, 2, 3]);

    [Theory]
    [MemberData(nameof(Cells))]
    public void Sequences_GiveTheSameBits_AloneAndTogether(int shape, KernelPath kernels, int threads)
    {
        Prerequisite.Demand(kernels != KernelPath.Native || NativeLibraryTable.Missing is null, $"the native kernels: {NativeLibraryTable.Missing}");
        Random random = TestSeed.Random();
        using ModelFile model = Shapes[shape].Open();
        using SpanEngine engine = new(model, StageSpan.Whole(2), new() { Threads = threads, Kernels = kernels });
        for (int round = 0; round < 2; round++)
        {
            Sequence[] alone = [.. Enumerable.Range(0, random.Next(1, 10)).Select(_ => new Sequence(engine, random))];
            Sequence[] together = [.. alone.Select(one => one.Again(engine))];
            while (together.Any(one => one.Left > 0))
            {
                (Sequence Alone, Sequence Together)[] some = [.. alone.Zip(together).Where(pair => pair.Second.Left > 0 && random.Next(5) > 0)];
                int[] counts = [.. some.Select(pair => random.Next(2) == 0 ? 1 : random.Next(pair.Together.Left + 1))];
                foreach (((Sequence one, _), int count) in some.Zip(counts))
                {
                    one.Step(engine, count);
                }

                Sequence.Step(engine, [.. some.Select(pair => pair.Together)], counts);
                foreach ((Sequence expected, Sequence found) in some)
                {
                    Assert.Equal(expected.Bits, found.Bits);
                    Assert.Equal(expected.Seen.OrderBy(one => one.Position), found.Seen.OrderBy(one => one.Position));       // stable: by boundary within
                    Assert.Equal(expected.Cache.Count, found.Cache.Count);
                }
            }

            CheckHeads(engine, random, alone);
            Array.ForEach([.. alone, .. together], one => one.Dispose());
        }
    }

    [Theory]
    [InlineData(KernelPath.Scalar, 1)]
    [InlineData(KernelPath.Auto, 1)]
    [InlineData(KernelPath.Auto, 2)]
    public void WhatIsNotFinite_EndsItsOwnSequenceAlone(KernelPath kernels, int threads)
    {
        const int dim = 256;
        using ModelFile model = ModelFile.Open("aria-tiny");
        using SpanEngine engine = new(model, StageSpan.Whole(8), new() { Threads = threads, Kernels = kernels });
        int[] counts = [3, 40, 1, 70, 2];       // the bad ones are the second, across batches, and the last
        float[] rows = [.. Enumerable.Range(0, counts.Sum() * dim).Select(i => ((i * 7) % 23) - 11f)];
        float[] expected = [.. rows];
        KvCache[] caches = [.. counts.Select(count => engine.CreateCache(LayerRange.Of(0, 8), count))];
        for (int i = 0, at = 0; i < counts.Length; at += counts[i++] * dim)
        {
            using KvCache fresh = engine.CreateCache(LayerRange.Of(0, 8), counts[i]);
            engine.Forward(fresh, 0, expected.AsSpan(at, counts[i] * dim));
        }

        rows[((3 + 5) * dim) + 9] = float.NaN;
        rows[^1] = float.NegativeInfinity;
        List<int> observed = [];
        BatchPart[] parts = [.. counts.Select((count, i) => new BatchPart(caches[i], 0, count, (boundary, _, _) => observed.Add(boundary == 8 ? i : -1)))];
        NonFiniteException?[] failures = new NonFiniteException?[5];
        engine.Forward(parts, rows, failures);
        Assert.Equal([null, (0, 5), null, null, (0, 1)], failures.Select(failure => failure is null ? ((int, int)?)null : (failure.Layer, failure.Position)));
        Assert.Equal([3, 0, 1, 70, 0], caches.Select(cache => cache.Count));
        Assert.Equal([(0, 3), (2, 1), (3, 70)], observed.Where(i => i >= 0).CountBy(i => i).OrderBy(pair => pair.Key).Select(pair => (pair.Key, pair.Value)));
        Assert.Equal(expected[..(3 * dim)], rows[..(3 * dim)]);
        Assert.Equal(expected[(43 * dim)..(114 * dim)], rows[(43 * dim)..(114 * dim)]);

        float[] three = [.. expected[..(3 * dim)]];
        three[dim] = float.NaN;
        Candidate[] alone = new Candidate[4];
        Candidate[] candidates = new Candidate[3 + 1 + 4];
        engine.Head(expected.AsSpan(2 * dim, dim), alone);
        HeadOutcome[] outcomes = new HeadOutcome[3];
        engine.Head(three, [new(3), new(1), new(4)], candidates, outcomes);
        Assert.Equal([null, 8, null], outcomes.Select(outcome => outcome.Failure?.Layer));
        Assert.Equal(alone, candidates[4..]);
        Array.ForEach(caches, cache => cache.Dispose());
    }

    [Fact]
    public void Misuse_IsTold()
    {
        using ModelFile model = ModelFile.Open("aria-tiny");
        using SpanEngine engine = new(model, StageSpan.Whole(8), new());
        using KvCache cache = engine.CreateCache(LayerRange.Of(0, 8), 4);
        using KvCache shorter = engine.CreateCache(LayerRange.Of(0, 4), 4);
        float[] rows = new float[2 * 256];
        NonFiniteException?[] failures = new NonFiniteException?[2];
        Assert.Throws<ArgumentException>(() => engine.Forward([new(cache, 0, 1), new(cache, 0, 1)], rows, failures));
        Assert.Throws<ArgumentException>(() => engine.Forward([new(cache, 0, 1), new(shorter, 0, 1)], rows, failures));
        Assert.Throws<ArgumentException>(() => engine.Forward([new(cache, 0, 3)], rows, failures.AsSpan(0, 1)));
        Assert.Throws<ArgumentException>(() => engine.Forward([new(cache, 1, 2)], rows, failures.AsSpan(0, 1)));
        Assert.Throws<ArgumentException>(() => engine.Forward([new(cache, 0, 2)], rows, failures));
        Assert.Throws<ArgumentException>(() => engine.Head(rows, [new(1), new(2)], new Candidate[2], new HeadOutcome[2]));
        Assert.Throws<ArgumentException>(() => engine.Head(rows, [new(1)], new Candidate[1], new HeadOutcome[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.Head(rows, [new(2049), new(1)], new Candidate[2050], new HeadOutcome[2]));
        engine.Forward([], [], []);
        engine.Forward([new(cache, 0, 0)], [], failures.AsSpan(0, 1));
        Assert.Equal(0, cache.Count);
    }

    private static void CheckHeads(SpanEngine engine, Random random, Sequence[] sequences)
    {
        int dim = engine.Shape.Dim;
        HeadQuery[] queries = [.. sequences.Select(_ => new HeadQuery(random.Next(engine.Shape.Vocabulary + 1), Biases()))];
        float[] rows = [.. sequences.SelectMany(one => one.Rows[^dim..])];
        Candidate[] found = new Candidate[queries.Sum(query => query.Candidates)];
        engine.Head(rows, queries, found, new HeadOutcome[queries.Length]);
        List<Candidate> expected = [];
        for (int i = 0; i < queries.Length; i++)
        {
            Candidate[] alone = new Candidate[queries[i].Candidates];
            engine.Head(rows.AsSpan(i * dim, dim), alone, queries[i].Adjustment!);
            expected.AddRange(alone);
        }

        Assert.Equal(expected, found);

        LogitAdjustment Biases() =>
            random.Next(2) == 0 ? LogitAdjustment.None : new(RepetitionPenalties.None, 0, LogitBiases.Of([new((uint)random.Next(engine.Shape.Vocabulary), 3)]));
    }

    /// <summary>Random rows that a cache takes step by step.</summary>
    private sealed class Sequence : IDisposable
    {
        private readonly int _dim;

        public Sequence(SpanEngine engine, Random random)
            : this(engine, [.. Enumerable.Range(0, random.Next(1, 41) * engine.Shape.Dim).Select(_ => (float)random.NextDouble() - 0.5f)])
        {
        }

        private Sequence(SpanEngine engine, float[] rows) =>
            (_dim, Rows, Cache) = (engine.Shape.Dim, rows, engine.CreateCache(engine.Span.Layers, rows.Length / engine.Shape.Dim));

        public float[] Rows { get; }

        public KvCache Cache { get; }

        public List<(int Boundary, int Position, int Bits)> Seen { get; } = [];

        public int Left => Cache.MaxPositions - Cache.Count;

        public IEnumerable<int> Bits => Rows.Select(BitConverter.SingleToInt32Bits);

        public Sequence Again(SpanEngine engine) => new(engine, [.. Rows]);

        public void Step(SpanEngine engine, int count) => engine.Forward(Cache, Cache.Count, Rows.AsSpan(Cache.Count * _dim, count * _dim), See);

        public static void Step(SpanEngine engine, Sequence[] sequences, int[] counts)
        {
            BatchPart[] parts = [.. sequences.Zip(counts, (one, count) => new BatchPart(one.Cache, one.Cache.Count, count, one.See))];
            float[] rows = [.. parts.Zip(sequences).SelectMany(pair => pair.Second.Rows[(pair.First.Position * pair.Second._dim)..((pair.First.Position + pair.First.Rows) * pair.Second._dim)])];
            NonFiniteException?[] failures = new NonFiniteException?[parts.Length];
            engine.Forward(parts, rows, failures);
            Assert.All(failures, Assert.Null);
            Span<float> left = rows;
            foreach ((BatchPart part, Sequence one) in parts.Zip(sequences))
            {
                int length = part.Rows * one._dim;
                left[..length].CopyTo(one.Rows.AsSpan(part.Position * one._dim));
                left = left[length..];
            }
        }

        public void Dispose() => Cache.Dispose();

        private void See(int boundary, int position, ReadOnlySpan<float> row) => Seen.Add((boundary, position, BitConverter.SingleToInt32Bits(row[position % _dim])));
    }
}

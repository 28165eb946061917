using Aria.Engine.Execution;
using Aria.Engine.Kernels;
using Aria.Engine.Models;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Tests.Models;
using Aria.Testing;

namespace Aria.Engine.Tests.Execution;

public class SpanEngineTests
{
    private static readonly NanoModel[] Shapes =
    [
        new() { Layers = 3 },
        new() { Layers = 3, Architecture = "llama", TiedHead = false, Numbers = TensorType.F32 },
        new() { Layers = 2, Architecture = "bitnet", Dim = 384, HeadDim = 96, Numbers = TensorType.BF16 },
        new() { Layers = 2, Architecture = "bitnet-b1.58", Dim = 512, Heads = 8, KvHeads = 8, HeadDim = 100, FeedForward = 640, Numbers = TensorType.Q8_0 },
        new() { Layers = 2, Architecture = "llama", Dim = 256, HeadDim = 64, Numbers = TensorType.Q6_K, Ternary = TensorType.TQ1_0, FeedForward = 512, TiedHead = false },
    ];

    public static TheoryData<int> Indices => [.. Enumerable.Range(0, Shapes.Length)];

    [Theory]
    [MemberData(nameof(Indices))]
    public void AnyKernels_Threads_Chunks_AndSplits_GiveTheScalarReferencesBits(int shape)
    {
        Random random = TestSeed.Random();
        using ModelFile model = Shapes[shape].Open();
        uint[] tokens = [.. Enumerable.Range(0, 40).Select(_ => (uint)random.Next(model.Shape.Vocabulary))];
        float[] expected = Run(model, tokens, new() { Kernels = KernelPath.Scalar }, [model.Shape.Layers], _ => tokens.Length, out Candidate[] best);
        for (int round = 0; round < 8; round++)
        {
            EngineOptions options = new() { Threads = random.Next(1, 4), Kernels = random.Next(4) == 0 ? KernelPath.Scalar : KernelPath.Simd };
            int[] cuts = [.. Enumerable.Range(1, model.Shape.Layers - 1).Where(_ => random.Next(2) == 0), model.Shape.Layers];
            float[] found = Run(model, tokens, options, cuts, left => random.Next(1, left + 1), out Candidate[] others);
            Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), found.Select(BitConverter.SingleToInt32Bits));
            Assert.Equal(best, others);
        }
    }

    [Fact]
    public void APart_OfTheServedSpan_RunsAlone()
    {
        using ModelFile model = ModelFile.Open("aria-tiny");
        using SpanEngine whole = new(model, StageSpan.Whole(8), new());
        using SpanEngine middle = new(model, new(false, LayerRange.Of(2, 7), false), new());
        float[] rows = new float[3 * 256];
        whole.Embed([0, 424, 439], rows);
        using KvCache first = whole.CreateCache(LayerRange.Of(0, 3), 3);
        whole.Forward(first, 0, rows);
        float[] other = [.. rows];
        List<(int Boundary, int Position)> seen = [];
        using KvCache inWhole = whole.CreateCache(LayerRange.Of(3, 5), 8);
        using KvCache inMiddle = middle.CreateCache(LayerRange.Of(3, 5), 8);
        whole.Forward(inWhole, 0, rows);
        middle.Forward(inMiddle, 0, other, (boundary, position, row) =>
        {
            Assert.Equal(256, row.Length);
            seen.Add((boundary, position));
        });
        Assert.Equal(rows, other);
        Assert.Equal([(4, 0), (4, 1), (4, 2), (5, 0), (5, 1), (5, 2)], seen);
        Assert.Equal((3, 8, 2L * 2 * 8 * 128 * 2), (inMiddle.Count, inMiddle.MaxPositions, inMiddle.Bytes));
        Assert.Equal(model.Id, middle.Model);
        Assert.Throws<ArgumentOutOfRangeException>(() => middle.CreateCache(LayerRange.Of(1, 3), 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => middle.CreateCache(LayerRange.Of(2, 3), 513));
        Assert.Throws<InvalidOperationException>(() => middle.Embed([0], rows.AsSpan(0, 256)));
        Assert.Throws<InvalidOperationException>(() => middle.Head(rows.AsSpan(0, 256), new Candidate[1]));
    }

    [Fact]
    public void TheHeadAlone_NeedsNoLayers()
    {
        using ModelFile model = ModelFile.Open("aria-tiny");
        using SpanEngine head = new(model, new(false, LayerRange.Of(8, 8), true), new());
        using SpanEngine whole = new(model, StageSpan.Whole(8), new());
        float[] row = [.. Enumerable.Range(0, 256).Select(i => (i % 17) - 8f)];
        Candidate[] first = new Candidate[9];
        Candidate[] second = new Candidate[9];
        Assert.Equal(9, head.Head(row, first));
        Assert.Equal(9, whole.Head(row, second));
        Assert.Equal(first, second);
        Candidate[] all = new Candidate[5000];
        Assert.Equal(2048, head.Head(row, all));
        Assert.Equal(first, all[..9]);
        using KvCache none = head.CreateCache(LayerRange.Of(8, 8), 4);
        head.Forward(none, 0, row);
        Assert.Equal(1, none.Count);
    }

    [Theory]
    [InlineData(1, KernelPath.Scalar)]
    [InlineData(1, KernelPath.Auto)]
    [InlineData(2, KernelPath.Auto)]
    public void ANumberThatIsNotFinite_EndsTheCall_NamingLayerAndPosition_AndTheCacheGoesOn(int threads, KernelPath kernels)
    {
        using ModelFile model = ModelFile.Open("aria-tiny");
        using SpanEngine engine = new(model, StageSpan.Whole(8), new() { Threads = threads, Kernels = kernels });
        using KvCache cache = engine.CreateCache(LayerRange.Of(2, 6), 16);
        float[] good = [.. Enumerable.Range(0, 4 * 256).Select(i => ((i * 7) % 23) - 11f)];
        float[] expected = [.. good];
        using (KvCache fresh = engine.CreateCache(LayerRange.Of(2, 6), 16))
        {
            engine.Forward(fresh, 0, expected);
        }

        foreach (float bad in (float[])[float.NaN, float.NegativeInfinity])
        {
            float[] rows = [.. good];
            rows[(3 * 256) + 5] = bad;
            NonFiniteException told = Assert.Throws<NonFiniteException>(() => engine.Forward(cache, 0, rows));
            Assert.Equal((2, 3, 0), (told.Layer, told.Position, cache.Count));
        }

        engine.Forward(cache, 0, good);
        Assert.Equal(expected, good);
        float[] infinite = new float[256];
        infinite[9] = float.PositiveInfinity;
        Assert.Equal(8, Assert.Throws<NonFiniteException>(() => engine.Head(infinite, new Candidate[1])).Layer);
    }

    [Fact]
    public void AnOverflowInsideALayer_IsThatLayers()
    {
        NanoModel nano = new() { Layers = 3 };
        GgufBuilder builder = nano.Builder().Change("blk.1.attn_norm.weight", tensor => tensor with { Data = GgufBuilder.Singles(Enumerable.Repeat(1e30f, 128)) });
        using ModelFile model = NanoModel.Open(builder.Build());
        foreach (KernelPath kernels in (KernelPath[])[KernelPath.Scalar, KernelPath.Auto])
        {
            using SpanEngine engine = new(model, StageSpan.Whole(3), new() { Threads = 2, Kernels = kernels });
            using KvCache cache = engine.CreateCache(engine.Span.Layers, 8);
            float[] rows = new float[5 * 128];
            engine.Embed([1, 2, 3, 4, 5], rows);
            NonFiniteException told = Assert.Throws<NonFiniteException>(() => engine.Forward(cache, 0, rows));
            Assert.Equal((1, 0), (told.Layer, told.Position));
        }
    }

    [Fact]
    public void WhatAnObserverThrows_ComesOut_AndTheEngineGoesOn()
    {
        using ModelFile model = ModelFile.Open("aria-tiny");
        using SpanEngine engine = new(model, StageSpan.Whole(8), new() { Threads = 2 });
        using KvCache cache = engine.CreateCache(engine.Span.Layers, 4);
        float[] rows = new float[2 * 256];
        engine.Embed([0, 424], rows);
        float[] again = [.. rows];
        Assert.Throws<TimeoutException>(() => engine.Forward(cache, 0, rows, (boundary, _, _) => throw new TimeoutException($"{boundary}")));
        Assert.Equal(0, cache.Count);
        engine.Forward(cache, 0, again);
        Assert.Equal(2, cache.Count);
    }

    [Fact]
    public void Misuse_IsTold()
    {
        using ModelFile model = ModelFile.Open("aria-tiny");
        Assert.Throws<ArgumentOutOfRangeException>(() => new SpanEngine(model, StageSpan.Whole(9), new()));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SpanEngine(model, StageSpan.Whole(8), new() { Threads = 0 }));
        SpanEngine engine = new(model, StageSpan.Whole(8), new());
        KvCache cache = engine.CreateCache(engine.Span.Layers, 2);
        Assert.Throws<ArgumentException>(() => engine.Forward(cache, 1, new float[256]));
        Assert.Throws<ArgumentException>(() => engine.Forward(cache, 0, new float[255]));
        Assert.Throws<ArgumentException>(() => engine.Forward(cache, 0, new float[3 * 256]));
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.Embed([2048], new float[256]));
        Assert.Throws<ArgumentException>(() => engine.Embed([1, 2], new float[256]));
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.Head(new float[255], new Candidate[1]));
        cache.Dispose();
        Assert.Throws<ObjectDisposedException>(() => engine.Forward(cache, 0, new float[256]));
        engine.Dispose();
        engine.Dispose();
        Assert.Throws<ObjectDisposedException>(() => engine.Embed([1], new float[256]));
    }

    [Fact]
    public void TheNativePath_ComputesWhereTheLibraryIs_AndIsRefusedWhereItIsNot()
    {
        using ModelFile model = ModelFile.Open("aria-tiny");
        if (NativeLibraryTable.Missing is { } missing)
        {
            Assert.Equal(missing, Assert.Throws<PlatformNotSupportedException>(() => new SpanEngine(model, StageSpan.Whole(8), new() { Kernels = KernelPath.Native })).Message);
            return;
        }

        using SpanEngine engine = new(model, StageSpan.Whole(8), new() { Kernels = KernelPath.Native });
        Assert.StartsWith("native-", engine.Kernels, StringComparison.Ordinal);
        Assert.Equal([49u, 405u], Generation.Greedy(engine, [0, 424, 439, 263, 400], 2));
    }

    [Fact]
    public void TheModelMayBeDisposed_WhileEnginesLive()
    {
        ModelFile model = ModelFile.Open(BuiltIn.Path);
        using SpanEngine engine = new(model, StageSpan.Whole(8), new());
        model.Dispose();
        Assert.Equal([49u, 405u], Generation.Greedy(engine, [0, 424, 439, 263, 400], 2));
    }

    private static float[] Run(ModelFile model, uint[] tokens, EngineOptions options, int[] cuts, Func<int, int> chunk, out Candidate[] best)
    {
        int dim = model.Shape.Dim;
        float[] rows = new float[tokens.Length * dim];
        SpanEngine[] engines =
        [
            .. cuts.Select((cut, i) => new SpanEngine(model, new(i == 0, LayerRange.Of(i == 0 ? 0 : cuts[i - 1], cut), cut == model.Shape.Layers), options)),
        ];
        KvCache[] caches = [.. engines.Select(engine => engine.CreateCache(engine.Span.Layers, tokens.Length))];
        for (int start = 0; start < tokens.Length;)
        {
            int count = chunk(tokens.Length - start);
            Span<float> part = rows.AsSpan(start * dim, count * dim);
            engines[0].Embed(tokens.AsSpan(start, count), part);
            for (int i = 0; i < engines.Length; i++)
            {
                engines[i].Forward(caches[i], start, part);
            }

            start += count;
        }

        best = new Candidate[model.Shape.Vocabulary];
        engines[^1].Head(rows.AsSpan(rows.Length - dim), best);
        Array.ForEach(caches, cache => cache.Dispose());
        Array.ForEach(engines, engine => engine.Dispose());
        return rows;
    }
}

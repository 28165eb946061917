using Aria.Engine.Execution;
using Aria.Engine.Kernels;
using Aria.Engine.Models;
using Aria.Engine.Tests.Models;

namespace Aria.Engine.Tests.Execution;

/// <summary>The account of what was read, against sizes worked out by hand.</summary>
public unsafe class EngineReadsTests
{
    // Columns are padded to 256 and four values make a byte. dim 128, 4 heads and 2 key heads of 32, feed-forward 256: query 128, key 64, value 64, output 128, gate 256, up 256, down 128 rows.
    private const int MatrixBytes = (128 + 64 + 64 + 128 + 256 + 256 + 128) * 64;
    private const int KvBytes = 2 * 64 * sizeof(ushort);        // of a layer and position

    [Theory]
    [InlineData(KernelPath.Scalar, 1)]
    [InlineData(KernelPath.Auto, 2)]
    public void Weights_AreReadOnceForTheRowsOfACall_KeysAndValuesForEachRow(KernelPath kernels, int threads)
    {
        using ModelFile model = new NanoModel { Layers = 3 }.Open();
        using SpanEngine engine = new(model, StageSpan.Whole(3), new() { Threads = threads, Kernels = kernels });
        using KvCache cache = engine.CreateCache(LayerRange.Of(0, 3), 8);
        using KvCache other = engine.CreateCache(LayerRange.Of(0, 3), 5);
        Assert.Equal(default, engine.Reads);

        float[] rows = new float[4 * 128];
        engine.Embed([1, 2, 3, 4], rows);
        engine.Forward(cache, 0, rows);
        Assert.Equal(new(3 * MatrixBytes, 0, 0, 0, (1 + 2 + 3 + 4) * 3 * KvBytes), engine.Reads);

        EngineReads before = engine.Reads;
        engine.Forward([new(cache, 4, 1), new(other, 0, 2)], rows.AsSpan(0, 3 * 128), new NonFiniteException?[2]);
        Assert.Equal(new(3 * MatrixBytes, 0, 0, 0, (5 + 1 + 2) * 3 * KvBytes), engine.Reads - before);

        // A head this small is not screened: all of its 24 rows of 128 f16 numbers.
        before = engine.Reads;
        engine.Head(rows.AsSpan(0, 128), new Candidate[3]);
        Assert.Equal(new(0, 0, 24 * 256, 0, 0), engine.Reads - before);
        Assert.Equal(24 * 256, (engine.Reads - before).Bytes);
    }

    [Fact]
    public void AScreenedHead_ReadsItsScreen_AndWhatIsComputedAfterAll()
    {
        using ModelFile model = new NanoModel { Layers = 1, Dim = 256, HeadDim = 64, Vocabulary = 700 }.Open();
        using SpanWeights weights = new(model, new(false, LayerRange.Of(1, 1), true), RowGrouping.Four);
        using ComputeTeam team = new(2);
        using HeadExecutor<VectorKernels<PortableTernary>> head = new(weights, team, new(weights.Head));
        float[] x = [.. Enumerable.Range(0, 2 * 256).Select(i => ((i * 37) % 101) - 50f)];
        HeadQuery[] queries = [new(Candidates: 2), new(Candidates: 1)];
        fixed (float* rows = x)
        {
            head.Run(rows, queries, new Candidate[3], new HeadOutcome[2]);
        }

        Assert.InRange(head.Computed, 3, 1399);
        Assert.Equal(new(0, 700 * (256 + 12), head.Computed * 512L, head.Computed, 0), head.Reads);

        EngineReads before = head.Reads;
        queries = [new(Candidates: 1, WantsLogSum: true)];
        fixed (float* rows = x)
        {
            head.Run(rows, queries, new Candidate[1], new HeadOutcome[1]);
        }

        Assert.Equal(new(0, 0, 700 * 512, 0, 0), head.Reads - before);
    }
}

using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Engine.Sampling;

namespace Aria.Engine.Tests.Execution;

/// <summary>Counts what the whole process allocates, compute threads included, so nothing else may run beside it.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
[Collection(nameof(AllocationTests))]
public class AllocationTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    public void AStepInTheSteadyState_AllocatesNothing(int threads, bool withLogSum)
    {
        using ModelFile model = ModelFile.Open("aria-tiny");
        using SpanEngine engine = new(model, StageSpan.Whole(8), new() { Threads = threads });
        using KvCache cache = engine.CreateCache(engine.Span.Layers, 128);
        float[] row = new float[256];
        uint[] token = [1];
        Candidate[] candidates = new Candidate[256];
        LogitAdjustment biased = new(RepetitionPenalties.None, 0, LogitBiases.Of([new(7, -1)]));
        int seen = 0;
        BoundaryObserver observer = (_, _, _) => seen++;
        for (int i = 0; i < 64; i++)
        {
            Step();
        }

        // All threads together: less than the smallest object a step, so that what the runtime itself does meanwhile does not count. The calling thread: nothing.
        long before = GC.GetTotalAllocatedBytes(precise: true);
        long ownBefore = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 64; i++)
        {
            Step();
        }

        long own = GC.GetAllocatedBytesForCurrentThread() - ownBefore;
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        Assert.Equal(0, own);
        Assert.InRange(allocated, 0, 64 * 16);
        Assert.Equal(128 * 8, seen);

        void Step()
        {
            engine.Embed(token, row);
            engine.Forward(cache, cache.Count, row, observer);
            int found = withLogSum ? engine.Head(row, candidates, biased, out _) : engine.Head(row, candidates);
            token[0] = found > 0 ? candidates[0].Token : 0;
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void ABatchInTheSteadyState_AllocatesNothing(int threads)
    {
        const int sequences = 5;
        using ModelFile model = ModelFile.Open("aria-tiny");
        using SpanEngine engine = new(model, StageSpan.Whole(8), new() { Threads = threads });
        KvCache[] caches = [.. Enumerable.Range(0, sequences).Select(_ => engine.CreateCache(engine.Span.Layers, 128))];
        float[] rows = new float[sequences * 256];
        uint[] tokens = [1, 2, 3, 4, 5];
        BatchPart[] parts = new BatchPart[sequences];
        NonFiniteException?[] failures = new NonFiniteException?[sequences];
        HeadQuery[] queries = [.. Enumerable.Repeat(new HeadQuery(2), sequences)];
        Candidate[] candidates = new Candidate[2 * sequences];
        HeadOutcome[] outcomes = new HeadOutcome[sequences];
        for (int i = 0; i < 64; i++)
        {
            Step();
        }

        long before = GC.GetTotalAllocatedBytes(precise: true);
        long ownBefore = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 64; i++)
        {
            Step();
        }

        long own = GC.GetAllocatedBytesForCurrentThread() - ownBefore;
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        Array.ForEach(caches, cache => cache.Dispose());
        Assert.Equal(0, own);
        Assert.InRange(allocated, 0, 64 * 16);

        void Step()
        {
            for (int i = 0; i < sequences; i++)
            {
                parts[i] = new(caches[i], caches[i].Count, 1);
            }

            engine.Embed(tokens, rows);
            engine.Forward(parts, rows, failures);
            engine.Head(rows, queries, candidates, outcomes);
            for (int i = 0; i < sequences; i++)
            {
                tokens[i] = candidates[2 * i].Token;
            }
        }
    }
}

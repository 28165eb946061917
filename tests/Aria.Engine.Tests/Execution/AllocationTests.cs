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

        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < 64; i++)
        {
            Step();
        }

        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
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
}

using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Engine.Sampling;

namespace Aria.Engine.Tests.Execution;

/// <summary>Each thread that computes, the calling one included, is asked what it has allocated; what other threads of the process do meanwhile does not count.</summary>
public class AllocationTests
{
    private const int Rounds = 4;

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    public void AStepInTheSteadyState_AllocatesNothing(int threads, bool withLogSum)
    {
        using ModelFile model = ModelFile.Open("aria-tiny");
        using SpanEngine engine = new(model, StageSpan.Whole(8), new() { Threads = threads });
        using KvCache cache = engine.CreateCache(engine.Span.Layers, 64 + (Rounds * 64));
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

        AssertNothingIn64(engine.Team, Step);
        Assert.True(seen >= 128 * 8);

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
        KvCache[] caches = [.. Enumerable.Range(0, sequences).Select(_ => engine.CreateCache(engine.Span.Layers, 64 + (Rounds * 64)))];
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

        AssertNothingIn64(engine.Team, Step);
        Array.ForEach(caches, cache => cache.Dispose());

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

    [Fact]
    public void WhatAMemberAllocates_IsCounted()
    {
        using ModelFile model = ModelFile.Open("aria-tiny");
        using SpanEngine engine = new(model, StageSpan.Whole(8), new() { Threads = 2 });
        AllocatedBytes before = new(engine.Team);
        AllocatedBytes after = new(engine.Team);
        before.Count();
        engine.Team.Run(new Allocating());
        after.Count();
        Assert.All(after.OfMembers.Zip(before.OfMembers, (late, early) => late - early), bytes => Assert.InRange(bytes, 100, long.MaxValue));
    }

    // The runtime may put something of its own on a thread's account, such as when it compiles a method anew; what a step allocates comes again in every round.
    private static void AssertNothingIn64(ComputeTeam team, Action step)
    {
        AllocatedBytes before = new(team);
        AllocatedBytes after = new(team);
        for (int round = 0; round < Rounds; round++)
        {
            before.Count();
            for (int i = 0; i < 64; i++)
            {
                step();
            }

            after.Count();
            if (after.OfMembers.SequenceEqual(before.OfMembers))
            {
                return;
            }
        }

        Assert.Equal(before.OfMembers, after.OfMembers);
    }

    /// <summary>By every member of a team since its thread began.</summary>
    private sealed class AllocatedBytes(ComputeTeam team) : ITeamWork
    {
        public long[] OfMembers { get; } = new long[team.Count];

        public void Count() => team.Run(this);

        void ITeamWork.Run(int member) => OfMembers[member] = GC.GetAllocatedBytesForCurrentThread();
    }

    private sealed class Allocating : ITeamWork
    {
        private readonly byte[]?[] _arrays = new byte[2][];

        void ITeamWork.Run(int member) => _arrays[member] = new byte[100];
    }
}

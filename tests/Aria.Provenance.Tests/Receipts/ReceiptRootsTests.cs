using System.Collections.Immutable;
using Aria.Provenance.Activations;
using Aria.Provenance.Plans;
using Aria.Provenance.Receipts;
using Aria.Testing.Jobs;

namespace Aria.Provenance.Tests.Receipts;

public sealed class ReceiptRootsTests : IDisposable
{
    private readonly SampleJob _job = new();

    public void Dispose() => _job.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Roots_DoNotDependOnChunks(int chunk)
    {
        JobPlan plan = _job.Plan();
        for (int stage = 0; stage < 2; stage++)
        {
            using ReceiptRoots one = _job.Roots(plan, stage, 7), other = _job.Roots(plan, stage, 7, chunk);
            Assert.Equal(one.InRoot, other.InRoot);
            Assert.Equal(one.OutRoot, other.OutRoot);
            Assert.Equal(one.Head, other.Head);
            Assert.Equal(one.Trace(0, stage, default).Encode(), other.Trace(0, stage, default).Encode());
        }
    }

    [Fact]
    public void Roots_AreThoseOfTheDigests()
    {
        JobPlan plan = _job.Plan();
        using ActivationHash hash = new(_job.Opening.JobKey.Span, _job.Job);
        using ReceiptRoots first = _job.Roots(plan, 0, 7), second = _job.Roots(plan, 1, 7);
        ImmutableArray<uint> tokens = _job.Activations.Tokens;
        Assert.Equal(PositionRoot.Of([.. Enumerable.Range(0, 7).Select(p => hash.OfToken(p, tokens[p]))]), first.InRoot);
        Assert.Equal(PositionRoot.Of([.. Enumerable.Range(0, 7).Select(p => hash.OfRow(2, p, _job.Activations.Row(2, p)))]), first.OutRoot);
        Assert.Equal(first.OutRoot, second.InRoot);
        Assert.Null(first.Head);
        Digest head = PositionRoot.Of([.. Enumerable.Range(4, 3).Select(p => hash.OfCandidates(5, p, _job.Activations.Candidates(p)))]);
        Assert.Equal(new HeadRoot(4, 3, head), second.Head);
    }

    [Fact]
    public void Trace_HoldsEveryLayerAndTheHead()
    {
        using ActivationHash hash = new(_job.Opening.JobKey.Span, _job.Job);
        using ReceiptRoots roots = _job.Roots(_job.Plan(), 1, 7);
        StageTrace trace = roots.Trace(0, 1, default);
        for (int position = 0; position < 7; position++)
        {
            Assert.Equal(hash.OfRow(3, position, _job.Activations.Row(3, position)), trace.At(3, position));
            Assert.Equal(hash.OfRow(4, position, _job.Activations.Row(4, position)), trace.At(4, position));
            if (position >= 4)
            {
                Assert.Equal(hash.OfCandidates(5, position, _job.Activations.Candidates(position)), trace.CandidatesAt(position));
            }
        }

        Assert.Equal(roots.OutRoot, trace.OutRoot);
        Assert.Equal(roots.Head!.Value.Root, trace.HeadRoot);
        Assert.Throws<ArgumentOutOfRangeException>(() => trace.At(2, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => trace.CandidatesAt(3));
    }

    [Fact]
    public void UnfinishedPositions_DoNotCount()
    {
        using ReceiptRoots roots = _job.Roots(_job.Plan(), 1, 6), more = _job.Roots(_job.Plan(), 1, 6);
        more.AddRow(2, 6, _job.Activations.Row(2, 6));
        more.AddRow(3, 6, _job.Activations.Row(3, 6));
        Same();
        more.AddRow(4, 6, _job.Activations.Row(4, 6));        // all layers, not the head
        Same();
        more.AddCandidates(6, _job.Activations.Candidates(6));
        Assert.Equal(7, more.PositionCount);

        void Same()
        {
            Assert.Equal(6, more.PositionCount);
            Assert.Equal(roots.InRoot, more.InRoot);
            Assert.Equal(roots.OutRoot, more.OutRoot);
            Assert.Equal(roots.Head, more.Head);
            Assert.Equal(roots.Trace(0, 1, default).Commitment, more.Trace(0, 1, default).Commitment);
        }
    }

    [Fact]
    public void BeforeTheHeadIsDue_ThereIsNoHeadRoot()
    {
        using ReceiptRoots roots = _job.Roots(_job.Plan(), 1, 4);
        Assert.Equal(4, roots.PositionCount);
        Assert.Null(roots.Head);
        Assert.Null(roots.Trace(0, 1, default).HeadRoot);
    }

    [Fact]
    public void Gaps_AreRefused()
    {
        using ReceiptRoots roots = new(new byte[32], _job.Job, _job.Span(0, 2), 0, 0, 2);
        Assert.Throws<ArgumentOutOfRangeException>(() => roots.AddTokens(1, [5]));
        roots.AddTokens(0, [5, 6]);
        Assert.Throws<ArgumentOutOfRangeException>(() => roots.AddTokens(1, [5]));
        Assert.Throws<InvalidOperationException>(() => roots.AddTokens(2, [5]));       // more than it has room for
        Assert.Throws<ArgumentOutOfRangeException>(() => roots.AddRow(0, 0, [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => roots.AddRow(3, 0, [1]));
        Assert.Throws<InvalidOperationException>(() => roots.AddCandidates(0, []));
        using ReceiptRoots later = new(new byte[32], _job.Job, _job.Span(2, 4), 0, 0, 2);
        Assert.Throws<InvalidOperationException>(() => later.AddTokens(0, [5]));
    }
}

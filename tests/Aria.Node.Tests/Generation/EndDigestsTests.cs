using Aria.Node.Generation;
using Aria.Provenance.Plans;
using Aria.Provenance.Receipts;
using Aria.Provenance.Signatures;
using Aria.Testing.Jobs;

namespace Aria.Node.Tests.Generation;

public sealed class EndDigestsTests : IDisposable
{
    private readonly SampleJob _job = new();

    public void Dispose() => _job.Dispose();

    [Fact]
    public void HonestReceipts_AreTaken_AlsoOverFewerPositions()
    {
        using EndDigests ends = Seen(_job.Activations.PositionCount);
        Assert.All([1, 4, 5, _job.Activations.PositionCount], count => Assert.All([0, 1], stage => Assert.Null(ends.Contradiction(Receipt(stage, count)))));
    }

    [Fact]
    public void OtherTokens_AndOtherCandidates_AreNot()
    {
        using EndDigests ends = Seen(_job.Activations.PositionCount);
        StageReceipt first = Receipt(0, 7), last = Receipt(1, 7);
        Assert.NotNull(ends.Contradiction(first with { InRoot = SampleJob.Bytes(1) }));
        Assert.NotNull(ends.Contradiction(last with { Head = last.Head!.Value with { Root = SampleJob.Bytes(1) } }));
        Assert.Null(ends.Contradiction(last with { InRoot = SampleJob.Bytes(1) }));       // what comes between stages the gateway has not seen
        Assert.Null(ends.Contradiction(first with { OutRoot = SampleJob.Bytes(1) }));
    }

    [Fact]
    public void CandidatesThatDidNotArrive_ProveNothing()
    {
        using EndDigests ends = Seen(5);
        Assert.Null(ends.Contradiction(Receipt(1, 7)));
        Assert.Null(ends.Contradiction(Receipt(1, 5)));
        Assert.NotNull(ends.Contradiction(Receipt(1, 5) with { Head = new HeadRoot(4, 1, SampleJob.Bytes(1)) }));
    }

    private EndDigests Seen(int positions)
    {
        JobPlan plan = _job.Plan();
        EndDigests ends = new(plan, _job.Opening.JobKey);
        ends.AddTokens(_job.Activations.Tokens.AsSpan()[..positions]);
        for (int position = plan.HeadFrom; position < positions; position++)
        {
            ends.AddAnswer(new(_job.Activations.Candidates(position), null));
        }

        return ends;
    }

    private StageReceipt Receipt(int stage, int count) => _job.Receipt(Signed.Seal(_job.Plan(), _job.Gateway), stage, count).Receipt;
}

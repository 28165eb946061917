using Aria.Node.Generation;
using Aria.Scheduling;
using Aria.Testing.Jobs;

namespace Aria.Node.Tests.Generation;

public sealed class StepTimesTests
{
    private static readonly PlannedStage First = new(new(SampleJob.Bytes(1)), new(true, LayerRange.Of(0, 4), false)), Second = new(new(SampleJob.Bytes(2)), new(false, LayerRange.Of(4, 8), true));

    // 1 µs claimed by the first, 999 by the second, no links.
    private static readonly PipelinePlan Plan = new([First, Second], 1000);

    [Fact]
    public void AStepThatTookLonger_IsPutOnAllStagesAlike() => Assert.Equal([(First, 2001), (Second, 2999)], Shares(5000, 5000, 6000, 4000));

    [Fact]
    public void AQuickerStep_IsSharedByTheClaims() => Assert.Equal([(First, 0.5), (Second, 499.5)], Shares(500, 500, 500, 500));

    [Fact]
    public void TooFewSteps_TellNothing() => Assert.Empty(Shares(5000, 5000, 5000));

    private static (PlannedStage, double)[] Shares(params int[] steps)
    {
        StepTimes times = new();
        foreach (int step in steps)
        {
            times.Add(TimeSpan.FromMicroseconds(step));
        }

        return [.. times.Shares(Plan, stage => stage == First ? 1 : 999).Select(share => (share.Stage, share.Elapsed.TotalMicroseconds))];
    }
}

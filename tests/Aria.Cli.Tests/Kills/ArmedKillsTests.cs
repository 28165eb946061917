using Aria.Cli.Kills;
using Aria.Scheduling;

namespace Aria.Cli.Tests.Kills;

public sealed class ArmedKillsTests
{
    private static readonly NodeId Front = Node(1);
    private static readonly NodeId Back = Node(2);
    private static readonly NodeId Other = Node(3);
    private static readonly PipelinePlan Plan = new([new(Front, new(true, LayerRange.Of(0, 4), false)), new(Back, new(false, LayerRange.Of(4, 8), true))], 1);
    private static readonly JobId First = new(1);
    private static readonly JobId Second = new(2);

    private readonly List<NodeId> _killed = [];
    private readonly ArmedKills _kills;

    public ArmedKillsTests() => _kills = new(node =>
    {
        _killed.Add(node);
        return Task.FromResult<int?>(77);
    });

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Node_DiesAtItsToken_AndNotBefore()
    {
        Task<KillOutcome> order = _kills.Arm(new KillTarget.Stage(1), 6, Cancellation)!;
        for (int token = 1; token < 6; token++)
        {
            await _kills.BeforeReleaseAsync(First, token, Plan);
        }

        Assert.Empty(_killed);
        await _kills.BeforeReleaseAsync(First, 6, Plan);
        Assert.Equal([Back], _killed);
        Assert.Equal(new KillOutcome.Killed(Back, 77, 6), await order);
        await _kills.BeforeReleaseAsync(First, 7, Plan);
        Assert.Single(_killed);
    }

    [Fact]
    public async Task Token_IsWithheld_UntilTheProcessIsGone()
    {
        TaskCompletionSource<int?> gone = new();
        ArmedKills kills = new(_ => gone.Task);
        Task<KillOutcome> order = kills.Arm(new KillTarget.Node(Front), 1, Cancellation)!;
        Task release = kills.BeforeReleaseAsync(First, 1, Plan).AsTask();
        Assert.False(release.IsCompleted);
        Assert.False(order.IsCompleted);
        gone.SetResult(5);
        await release;
        Assert.Equal(new KillOutcome.Killed(Front, 5, 1), await order);
    }

    [Fact]
    public async Task Order_StaysWithTheRequestItTook()
    {
        Task<KillOutcome> order = _kills.Arm(new KillTarget.Stage(0), 3, Cancellation)!;
        await _kills.BeforeReleaseAsync(First, 1, Plan);
        await _kills.BeforeReleaseAsync(Second, 3, Plan);
        Assert.Empty(_killed);
        _kills.Ended(Second);
        Assert.False(order.IsCompleted);
        await _kills.BeforeReleaseAsync(First, 2, Plan);
        _kills.Ended(First);
        Assert.Equal(new KillOutcome.EndedBefore(2), await order);
        Assert.Empty(_killed);
    }

    [Fact]
    public async Task RequestPastTheToken_IsLetGo_TheNextIsTaken()
    {
        Task<KillOutcome> order = _kills.Arm(new KillTarget.Stage(0), 3, Cancellation)!;
        await _kills.BeforeReleaseAsync(First, 4, Plan);
        _kills.Ended(First);
        Assert.False(order.IsCompleted);
        await _kills.BeforeReleaseAsync(Second, 3, Plan);
        Assert.Equal(new KillOutcome.Killed(Front, 77, 3), await order);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task NodeOrStageOutsideThePlan_IsToldAtTheFirstToken(bool byStage)
    {
        Task<KillOutcome> order = _kills.Arm(byStage ? new KillTarget.Stage(2) : new KillTarget.Node(Other), 6, Cancellation)!;
        await _kills.BeforeReleaseAsync(First, 1, Plan);
        Assert.Equal(new KillOutcome.NotInPlan(Plan), await order);
        Assert.Empty(_killed);
    }

    [Fact]
    public async Task NodeThatIsNoneOfOurs_IsNotInOurPlan()
    {
        ArmedKills kills = new(_ => Task.FromResult<int?>(null));
        Task<KillOutcome> order = kills.Arm(new KillTarget.Stage(0), 1, Cancellation)!;
        await kills.BeforeReleaseAsync(First, 1, Plan);
        Assert.IsType<KillOutcome.NotInPlan>(await order);
    }

    [Fact]
    public async Task WithdrawnOrder_KillsNobody()
    {
        using CancellationTokenSource withdraw = new();
        Task<KillOutcome> order = _kills.Arm(new KillTarget.Stage(0), 1, withdraw.Token)!;
        await withdraw.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => order);
        await _kills.BeforeReleaseAsync(First, 1, Plan);
        Assert.Empty(_killed);
    }

    [Fact]
    public void Orders_AreBounded()
    {
        for (int order = 0; order < ArmedKills.MaxOrders; order++)
        {
            Assert.NotNull(_kills.Arm(new KillTarget.Stage(0), 1, Cancellation));
        }

        Assert.Null(_kills.Arm(new KillTarget.Stage(0), 1, Cancellation));
    }

    private static NodeId Node(byte number) => new(Digest.Of([number]));
}

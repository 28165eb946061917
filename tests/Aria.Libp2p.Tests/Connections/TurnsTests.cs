using Aria.Libp2p.Connections;

namespace Aria.Libp2p.Tests.Connections;

public sealed class TurnsTests
{
    private static readonly PeerId Anna = PeerId.FromEd25519(new byte[32]);
    private static readonly PeerId Bert = PeerId.FromEd25519([1, .. new byte[31]]);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OfOnePeer_OneCallerAtATime_AndOfOthersBeside()
    {
        Turns turns = new();
        TaskCompletionSource end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        List<int> order = [];
        Task<int> first = turns.TakeAsync(Anna, async () => { await end.Task; order.Add(1); return 1; }, Stop);
        Task<int> second = turns.TakeAsync(Anna, () => { order.Add(2); return Task.FromResult(2); }, Stop);
        Assert.Equal(3, await turns.TakeAsync(Bert, () => Task.FromResult(3), Stop));
        Assert.Equal((false, false, 1), (first.IsCompleted, second.IsCompleted, turns.Count));
        end.SetResult();
        Assert.Equal((1, 2), (await first, await second));
        Assert.Equal([1, 2], order);
        Assert.Equal(0, turns.Count);
    }

    [Fact]
    public async Task WhoFailsOrGivesUp_LeavesTheTurnToOthers()
    {
        Turns turns = new();
        TaskCompletionSource end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenSource impatient = new();
        Task<int> failing = turns.TakeAsync<int>(Anna, async () => { await end.Task; throw new TimeoutException(); }, Stop);
        Task<int> waiting = turns.TakeAsync(Anna, () => Task.FromResult(1), impatient.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        end.SetResult();
        await Assert.ThrowsAsync<TimeoutException>(() => failing);
        Assert.Equal(2, await turns.TakeAsync(Anna, () => Task.FromResult(2), Stop));
        Assert.Equal(0, turns.Count);
    }
}

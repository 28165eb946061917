using Aria.Gateway.Generation;

namespace Aria.Gateway.Tests.Generation;

public sealed class RequestGateTests
{
    [Fact]
    public async Task PlacesAreBounded_AndSoIsTheQueue()
    {
        using RequestGate gate = new(maxRunning: 1, maxWaiting: 1);
        IDisposable? first = await gate.TryEnterAsync(Cancel);
        Assert.NotNull(first);
        Task<IDisposable?> second = gate.TryEnterAsync(Cancel).AsTask();
        Assert.False(second.IsCompleted);
        Assert.Null(await gate.TryEnterAsync(Cancel));
        Assert.Equal((1, 2), (gate.Running, gate.Admitted));

        first.Dispose();
        IDisposable? entered = await second;
        Assert.NotNull(entered);
        Assert.Equal((1, 1), (gate.Running, gate.Admitted));
        entered.Dispose();
        entered.Dispose();
        Assert.Equal((0, 0), (gate.Running, gate.Admitted));
    }

    [Fact]
    public async Task WhoStopsWaiting_LeavesTheQueue()
    {
        using RequestGate gate = new(maxRunning: 1, maxWaiting: 1);
        using IDisposable? first = await gate.TryEnterAsync(Cancel);
        using CancellationTokenSource impatient = new();
        Task<IDisposable?> second = gate.TryEnterAsync(impatient.Token).AsTask();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal((1, 1), (gate.Running, gate.Admitted));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;
}

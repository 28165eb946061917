using Microsoft.Extensions.Time.Testing;

namespace Aria.Discovery.Tests;

public sealed class AlarmTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _time = new();
    private readonly Alarm _alarm = new();

    private Task SleepAsync() => _alarm.SleepAsync(Minute, _time, TestContext.Current.CancellationToken);

    [Fact]
    public async Task ASleep_EndsByTheBellOrTheClock()
    {
        Task first = SleepAsync();
        Assert.False(first.IsCompleted);
        _alarm.Ring();
        await first;
        Task second = SleepAsync();
        Assert.False(second.IsCompleted);
        _time.Advance(Minute);
        await second;
    }

    [Fact]
    public async Task RungBefore_ItCutsOneSleepShort()
    {
        _alarm.Ring();
        _alarm.Ring();
        await SleepAsync();
        Assert.False(SleepAsync().IsCompleted);
    }

    [Fact]
    public async Task Cancelled_ItThrows()
    {
        using CancellationTokenSource cancel = new();
        Task sleep = _alarm.SleepAsync(Minute, _time, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sleep);
    }
}

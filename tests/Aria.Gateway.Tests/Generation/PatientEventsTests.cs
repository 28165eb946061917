using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Aria.Gateway.Generation;
using Microsoft.Extensions.Time.Testing;

namespace Aria.Gateway.Tests.Generation;

public sealed class PatientEventsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task WaitingIsInterrupted_AndTakenUpAgain_WithoutLosingAnEvent()
    {
        Channel<string> channel = Channel.CreateUnbounded<string>();
        await using PatientEvents<string> events = new(channel.Reader.ReadAllAsync(Cancel), _time, Cancel);
        channel.Writer.TryWrite("a");
        Assert.Equal("a", await events.NextAsync(Patience));

        for (int i = 0; i < 3; i++)
        {
            ValueTask<string?> next = events.NextAsync(Patience);
            Assert.False(next.IsCompleted);
            _time.Advance(Patience);
            Assert.Null(await next);
            Assert.False(events.Ended);
        }

        ValueTask<string?> late = events.NextAsync(Patience);
        channel.Writer.TryWrite("b");
        Assert.Equal("b", await late);
        channel.Writer.Complete();
        Assert.Null(await events.NextAsync(Patience));
        Assert.True(events.Ended);
    }

    [Fact]
    public async Task Failures_Arrive()
    {
        Channel<string> channel = Channel.CreateUnbounded<string>();
        await using PatientEvents<string> events = new(channel.Reader.ReadAllAsync(Cancel), _time, Cancel);
        channel.Writer.Complete(new TimeoutException("the source's own"));
        Assert.Equal("the source's own", (await Assert.ThrowsAsync<TimeoutException>(async () => await events.NextAsync(Patience))).Message);
    }

    [Fact]
    public async Task Disposing_EndsAnEnumerationThatIsStillAwaited()
    {
        TaskCompletionSource ended = new();
        async IAsyncEnumerable<string> Endless([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
                yield return "never";
            }
            finally
            {
                ended.SetResult();
            }
        }

        PatientEvents<string> events = new(Endless(Cancel), _time, Cancel);
        ValueTask<string?> next = events.NextAsync(Patience);
        _time.Advance(Patience);
        Assert.Null(await next);
        await events.DisposeAsync();
        Assert.True(ended.Task.IsCompleted);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;
}

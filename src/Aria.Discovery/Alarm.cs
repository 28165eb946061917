namespace Aria.Discovery;

/// <summary>Wakes one sleeper early. Rung while nobody sleeps, it cuts the next sleep short.</summary>
internal sealed class Alarm
{
    private TaskCompletionSource _rung = Unrung();

    public void Ring() => Volatile.Read(ref _rung).TrySetResult();

    /// <summary>Sleeps until it is rung or <paramref name="atMost"/> has passed.</summary>
    public async Task SleepAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await Volatile.Read(ref _rung).Task.WaitAsync(atMost, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return;
        }

        Volatile.Write(ref _rung, Unrung());
    }

    private static TaskCompletionSource Unrung() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

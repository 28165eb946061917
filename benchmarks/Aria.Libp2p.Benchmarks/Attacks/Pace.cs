using System.Diagnostics;

namespace Aria.Libp2p.Benchmarks.Attacks;

/// <summary>Holds an attacker to so many blows a second, catching up after a pause; without a rate it holds nothing. Counts them.</summary>
internal sealed class Pace(double? perSecond)
{
    private static readonly TimeSpan MaxDebt = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private long _due = Stopwatch.GetTimestamp();
    private long _done;

    public long Done => Interlocked.Read(ref _done);

    /// <summary>Waits until <paramref name="blows"/> more are due.</summary>
    public Task NextAsync(int blows, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        Interlocked.Add(ref _done, blows);
        if (perSecond is not { } rate)
        {
            return Task.CompletedTask;
        }

        TimeSpan wait;
        lock (_gate)
        {
            long now = Stopwatch.GetTimestamp();
            _due = Math.Max(_due, now - (long)(MaxDebt.TotalSeconds * Stopwatch.Frequency)) + (long)(blows / rate * Stopwatch.Frequency);
            wait = Stopwatch.GetElapsedTime(now, _due);
        }

        return wait > TimeSpan.Zero ? Task.Delay(wait, stop) : Task.CompletedTask;
    }
}

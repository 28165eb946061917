using Aria.Cli.Commands;

namespace Aria.Cli.Processes;

/// <summary>A command's <c>--timeout</c> joined with its stop signals.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _joined;

    private Deadline(TimeSpan? patience, TimeProvider time, CancellationToken stopping)
    {
        _timer = new(patience ?? System.Threading.Timeout.InfiniteTimeSpan, time);
        _joined = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, stopping);
    }

    public CancellationToken Token => _joined.Token;

    /// <summary>Whether time ran out, rather than somebody stopping us.</summary>
    public bool Passed => _timer.IsCancellationRequested;

    public static Deadline Of(CommandScope scope, TimeSpan? unlessGiven = null) => new(scope.Timeout ?? unlessGiven, scope.Time, scope.Stopping);

    public void Dispose()
    {
        _joined.Dispose();
        _timer.Dispose();
    }
}

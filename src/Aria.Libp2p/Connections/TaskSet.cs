namespace Aria.Libp2p.Connections;

/// <summary>Work that runs beside its starter and is awaited before its owner is gone. Tasks answer for their own exceptions.</summary>
internal sealed class TaskSet
{
    private readonly Lock _gate = new();
    private int _running;
    private TaskCompletionSource? _idle;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _running;
            }
        }
    }

    /// <summary>Runs <paramref name="work"/> on the thread pool.</summary>
    public void Run(Func<Task> work)
    {
        lock (_gate)
        {
            _running++;
        }

        _ = Task.Run(async () =>
        {
            try
            {
                await work().ConfigureAwait(false);
            }
            finally
            {
                lock (_gate)
                {
                    if (--_running == 0)
                    {
                        _idle?.TrySetResult();
                    }
                }
            }
        });
    }

    /// <summary>Completes once nothing runs.</summary>
    public Task WhenIdleAsync()
    {
        lock (_gate)
        {
            if (_running == 0)
            {
                return Task.CompletedTask;
            }

            _idle ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }
}

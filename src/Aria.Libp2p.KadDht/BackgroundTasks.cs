namespace Aria.Libp2p.KadDht;

/// <summary>Work that nobody waits for, until the end: then it is cancelled and awaited.</summary>
internal sealed class BackgroundTasks : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly HashSet<Task> _running = [];
    private readonly Lock _lock = new();
    private bool _ended;

    public BackgroundTasks() => Ending = _ending.Token;

    /// <summary>Cancelled at the end.</summary>
    public CancellationToken Ending { get; }

    /// <summary>Starts <paramref name="work"/>; after the end nothing starts any more and the result is <paramref name="atEnd"/>.</summary>
    public Task<T> Run<T>(Func<CancellationToken, Task<T>> work, T atEnd)
    {
        lock (_lock)
        {
            if (_ended)
            {
                return Task.FromResult(atEnd);
            }

            Task<T> task = Task.Run(() => work(Ending));
            _running.Add(task);
            _ = task.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return task;
        }
    }

    /// <summary>Waits until nothing runs.</summary>
    public async Task IdleAsync()
    {
        while (Running() is { Length: > 0 } running)
        {
            await Task.WhenAll(running).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_ended)
            {
                return;
            }

            _ended = true;
        }

        await _ending.CancelAsync();
        await IdleAsync();
        _ending.Dispose();
    }

    private Task[] Running()
    {
        lock (_lock)
        {
            return [.. _running];
        }
    }

    private void Forget(Task task)
    {
        lock (_lock)
        {
            _running.Remove(task);
        }
    }
}

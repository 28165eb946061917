namespace Aria.Node.Generation;

/// <summary>Who may generate now: so many at once, so many waiting, nobody else.</summary>
internal sealed class GenerationSlots(int maxRunning, int maxWaiting) : IDisposable
{
    private readonly SemaphoreSlim _free = new(maxRunning);
    private int _present;       // running and waiting

    /// <summary>Generations that run or wait.</summary>
    public int Present => Volatile.Read(ref _present);

    /// <summary>Waits for a slot, which the caller disposes of.</summary>
    /// <exception cref="QueueFullException">At once, if too many wait.</exception>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        int present = Interlocked.Increment(ref _present);
        if (present > maxRunning + maxWaiting)
        {
            Interlocked.Decrement(ref _present);
            throw new QueueFullException(maxRunning, maxWaiting);
        }

        try
        {
            await _free.WaitAsync(cancellationToken);
            return new Slot(this);
        }
        catch
        {
            Interlocked.Decrement(ref _present);
            throw;
        }
    }

    public void Dispose() => _free.Dispose();

    private void Leave()
    {
        Interlocked.Decrement(ref _present);
        _free.Release();
    }

    private sealed class Slot(GenerationSlots slots) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                slots.Leave();
            }
        }
    }
}

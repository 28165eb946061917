namespace Aria.Gateway.Generation;

/// <summary>Bounds the generations that run and those that wait for their turn.</summary>
internal sealed class RequestGate(int maxRunning, int maxWaiting) : IDisposable
{
    private readonly SemaphoreSlim _slots = new(maxRunning, maxRunning);
    private int _admitted;

    /// <summary>Generations that run now.</summary>
    public int Running => maxRunning - _slots.CurrentCount;

    /// <summary>Requests that are here, running or waiting.</summary>
    public int Admitted => Volatile.Read(ref _admitted);

    /// <summary>Waits for a place, which the caller gives back by disposing it; null at once when as many wait as may.</summary>
    public async ValueTask<IDisposable?> TryEnterAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _admitted) > maxRunning + maxWaiting)
        {
            Interlocked.Decrement(ref _admitted);
            return null;
        }

        try
        {
            await _slots.WaitAsync(cancellationToken);
            return new Place(this);
        }
        catch
        {
            Interlocked.Decrement(ref _admitted);
            throw;
        }
    }

    public void Dispose() => _slots.Dispose();

    private void Leave()
    {
        _slots.Release();
        Interlocked.Decrement(ref _admitted);
    }

    private sealed class Place(RequestGate gate) : IDisposable
    {
        private RequestGate? _gate = gate;

        public void Dispose() => Interlocked.Exchange(ref _gate, null)?.Leave();
    }
}

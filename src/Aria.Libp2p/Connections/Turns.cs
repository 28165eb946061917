namespace Aria.Libp2p.Connections;

/// <summary>Lets one caller at a time do something with each peer; others wait for their turn. Who waits for nobody costs nothing.</summary>
internal sealed class Turns
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, (SemaphoreSlim Turn, int Callers)> _taken = [];

    /// <summary>Peers that somebody deals with or waits for.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _taken.Count;
            }
        }
    }

    /// <summary>Does <paramref name="act"/> once nobody else does with this peer.</summary>
    public async Task<T> TakeAsync<T>(PeerId peer, Func<Task<T>> act, CancellationToken cancellationToken)
    {
        SemaphoreSlim turn = Join(peer);
        try
        {
            await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return await act().ConfigureAwait(false);
            }
            finally
            {
                turn.Release();
            }
        }
        finally
        {
            Leave(peer);
        }
    }

    private SemaphoreSlim Join(PeerId peer)
    {
        lock (_gate)
        {
            (SemaphoreSlim turn, int callers) = _taken.TryGetValue(peer, out var taken) ? taken : (new(1), 0);
            _taken[peer] = (turn, callers + 1);
            return turn;
        }
    }

    private void Leave(PeerId peer)
    {
        lock (_gate)
        {
            (SemaphoreSlim turn, int callers) = _taken[peer];
            if (callers > 1)
            {
                _taken[peer] = (turn, callers - 1);
                return;
            }

            _taken.Remove(peer);
            turn.Dispose();
        }
    }
}

namespace Aria.Libp2p.Connections;

/// <summary>Callers that wait until a peer that is connected through a relay is connected directly too.</summary>
internal sealed class DirectConnections(ConnectionTable connections)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, List<TaskCompletionSource>> _waiting = [];

    /// <summary>A direct connection to the peer is in the table.</summary>
    public void Came(PeerId peer)
    {
        List<TaskCompletionSource>? waiting;
        lock (_gate)
        {
            _waiting.Remove(peer, out waiting);
        }

        waiting?.ForEach(one => one.TrySetResult());
    }

    /// <summary>The direct connection, now or within <paramref name="patience"/>; throws <see cref="DialFailedException"/> where none comes.</summary>
    public async Task<PeerConnection> WaitAsync(PeerId peer, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        TaskCompletionSource came = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (!_waiting.TryGetValue(peer, out List<TaskCompletionSource>? waiting))
            {
                _waiting[peer] = waiting = [];
            }

            waiting.Add(came);
        }

        try
        {
            if (!connections.TryGet(peer, takesLimited: false, out PeerConnection? connection))
            {
                await came.Task.WaitAsync(patience, time, cancellationToken).ConfigureAwait(false);
                connections.TryGet(peer, takesLimited: false, out connection);
            }

            return connection ?? throw new DialFailedException($"The direct connection to {peer} is gone again.");
        }
        catch (TimeoutException)
        {
            throw new DialFailedException($"{peer} is connected through a relay, and no direct connection came within {patience.TotalSeconds:0.###} s.");
        }
        finally
        {
            lock (_gate)
            {
                if (_waiting.TryGetValue(peer, out List<TaskCompletionSource>? waiting) && waiting.Remove(came) && waiting.Count == 0)
                {
                    _waiting.Remove(peer);
                }
            }
        }
    }
}

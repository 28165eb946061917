using System.Diagnostics.CodeAnalysis;

namespace Aria.Libp2p.Connections;

/// <summary>The live connections by peer, oldest first, within their limits.</summary>
internal sealed class ConnectionTable(int maxConnections, int maxPerPeer)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, List<PeerConnection>> _byPeer = [];
    private int _count;
    private bool _closed;

    public IReadOnlyList<PeerId> Peers
    {
        get
        {
            lock (_gate)
            {
                return [.. _byPeer.Keys];
            }
        }
    }

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>Adds a connection; throws <see cref="ResourceLimitException"/> where a limit forbids it. <paramref name="isFirst"/>: none to this peer was there.</summary>
    public void Add(PeerConnection connection, out bool isFirst)
    {
        lock (_gate)
        {
            List<PeerConnection>? siblings = _byPeer.GetValueOrDefault(connection.RemotePeer);
            if (_closed)
            {
                throw new ResourceLimitException("The local peer is shutting down.");
            }

            if (_count >= maxConnections)
            {
                throw new ResourceLimitException($"All {maxConnections} connections are in use.");
            }

            if (siblings?.Count >= maxPerPeer)
            {
                throw new ResourceLimitException($"There are {maxPerPeer} connections to {connection.RemotePeer} already.");
            }

            isFirst = siblings is null;
            (siblings ?? (_byPeer[connection.RemotePeer] = [])).Add(connection);
            _count++;
        }
    }

    /// <summary>Removes a connection and tells whether it was the last to its peer.</summary>
    public bool Remove(PeerConnection connection)
    {
        lock (_gate)
        {
            if (!_byPeer.TryGetValue(connection.RemotePeer, out List<PeerConnection>? siblings) || !siblings.Remove(connection))
            {
                return false;
            }

            _count--;
            return siblings.Count == 0 && _byPeer.Remove(connection.RemotePeer);
        }
    }

    /// <summary>The oldest live connection to a peer.</summary>
    public bool TryGet(PeerId peer, [NotNullWhen(true)] out PeerConnection? connection)
    {
        lock (_gate)
        {
            connection = _byPeer.TryGetValue(peer, out List<PeerConnection>? siblings) ? siblings.Find(one => !one.Closed.IsCompleted) : null;
            return connection is not null;
        }
    }

    public IReadOnlyList<PeerConnection> To(PeerId peer)
    {
        lock (_gate)
        {
            return [.. _byPeer.GetValueOrDefault(peer) ?? []];
        }
    }

    /// <summary>All connections; from now on none is added.</summary>
    public IReadOnlyList<PeerConnection> Close()
    {
        lock (_gate)
        {
            _closed = true;
            return [.. _byPeer.Values.SelectMany(siblings => siblings)];
        }
    }
}

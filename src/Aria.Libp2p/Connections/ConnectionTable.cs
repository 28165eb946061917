using System.Diagnostics.CodeAnalysis;

namespace Aria.Libp2p.Connections;

/// <summary>
/// The live connections by peer, oldest first, within their limits. <paramref name="onFirst"/> and <paramref name="onLast"/> tell of a peer's first connection and
/// of the end of its last one, in the order in which it happened; they are called under the lock and must return at once.
/// </summary>
internal sealed class ConnectionTable(int maxConnections, int maxPerPeer, TimeSpan idleGrace, Action<PeerId> onFirst, Action<PeerId> onLast)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, List<PeerConnection>> _byPeer = [];
    private readonly Dictionary<PeerId, HashSet<string>> _protected = [];
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

    /// <summary>
    /// Adds a connection; throws <see cref="ResourceLimitException"/> where a limit forbids it. Where all connections are in use, the one without streams for the longest
    /// makes room: it is returned, for the caller to close.
    /// </summary>
    public PeerConnection? Add(PeerConnection connection)
    {
        lock (_gate)
        {
            if (_closed)
            {
                throw new ResourceLimitException("The local peer is shutting down.");
            }

            if (_byPeer.GetValueOrDefault(connection.RemotePeer)?.Count >= maxPerPeer)
            {
                throw new ResourceLimitException($"There are {maxPerPeer} connections to {connection.RemotePeer} already.");
            }

            PeerConnection? idle = null;
            if (_count >= maxConnections)
            {
                idle = _byPeer.Values.SelectMany(siblings => siblings).Where(one => one.IdleFor > idleGrace && !_protected.ContainsKey(one.RemotePeer)).MaxBy(one => one.IdleFor)
                    ?? throw new ResourceLimitException($"All {maxConnections} connections are in use.");
                RemoveHeld(idle);
            }

            if (!_byPeer.TryGetValue(connection.RemotePeer, out List<PeerConnection>? siblings))
            {
                _byPeer[connection.RemotePeer] = siblings = [];
                onFirst(connection.RemotePeer);
            }

            siblings.Add(connection);
            _count++;
            return idle;
        }
    }

    public void Remove(PeerConnection connection)
    {
        lock (_gate)
        {
            RemoveHeld(connection);
        }
    }

    /// <summary>The oldest connection to a peer that takes new streams; a limited one only where <paramref name="takesLimited"/> and there is no other.</summary>
    public bool TryGet(PeerId peer, bool takesLimited, [NotNullWhen(true)] out PeerConnection? connection)
    {
        lock (_gate)
        {
            connection = null;
            if (_byPeer.TryGetValue(peer, out List<PeerConnection>? siblings))
            {
                connection = siblings.Find(one => one.TakesStreams && !one.IsLimited) ?? (takesLimited ? siblings.Find(one => one.TakesStreams) : null);
            }

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

    /// <summary>Keeps the connections to a peer when others make room, until every reason is taken back.</summary>
    public void Protect(PeerId peer, string reason)
    {
        lock (_gate)
        {
            if (!_protected.TryGetValue(peer, out HashSet<string>? reasons))
            {
                _protected[peer] = reasons = [];
            }

            reasons.Add(reason);
        }
    }

    /// <summary>Takes one reason back; true where none is left.</summary>
    public bool Unprotect(PeerId peer, string reason)
    {
        lock (_gate)
        {
            if (!_protected.TryGetValue(peer, out HashSet<string>? reasons))
            {
                return true;
            }

            reasons.Remove(reason);
            return reasons.Count == 0 && _protected.Remove(peer);
        }
    }

    public bool IsProtected(PeerId peer)
    {
        lock (_gate)
        {
            return _protected.ContainsKey(peer);
        }
    }

    /// <summary>How many streams of a peer are being served, over all connections to it.</summary>
    public int ServedStreams(PeerId peer)
    {
        lock (_gate)
        {
            return _byPeer.TryGetValue(peer, out List<PeerConnection>? siblings) ? siblings.Sum(one => one.ServedStreams) : 0;
        }
    }

    /// <summary>All connections.</summary>
    public IReadOnlyList<PeerConnection> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _byPeer.Values.SelectMany(siblings => siblings)];
            }
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

    private void RemoveHeld(PeerConnection connection)
    {
        if (!_byPeer.TryGetValue(connection.RemotePeer, out List<PeerConnection>? siblings) || !siblings.Remove(connection))
        {
            return;
        }

        _count--;
        if (siblings.Count == 0)
        {
            _byPeer.Remove(connection.RemotePeer);
            onLast(connection.RemotePeer);
        }
    }
}

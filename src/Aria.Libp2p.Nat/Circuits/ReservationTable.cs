namespace Aria.Libp2p.Nat.Circuits;

/// <summary>Who holds a reservation at this relay and how many circuits each peer is an end of. Decides alone; safe to use from many threads.</summary>
internal sealed class ReservationTable(RelayOptions options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, Reservation> _reservations = [];
    private readonly Dictionary<PeerId, int> _circuits = [];
    private int _allCircuits;

    private readonly record struct Reservation(string? Host, DateTimeOffset Expires);

    public int Reservations
    {
        get
        {
            lock (_gate)
            {
                return _reservations.Count;
            }
        }
    }

    public int Circuits
    {
        get
        {
            lock (_gate)
            {
                return _allCircuits;
            }
        }
    }

    /// <summary>Grants a peer a reservation until <paramref name="expires"/>, or a later end for the one it holds. <paramref name="host"/> is null where it does not count.</summary>
    public CircuitStatus Reserve(PeerId peer, string? host, DateTimeOffset now, DateTimeOffset expires)
    {
        lock (_gate)
        {
            foreach (PeerId over in _reservations.Where(one => one.Value.Expires <= now).Select(one => one.Key).ToArray())
            {
                _reservations.Remove(over);
            }

            bool isRefresh = _reservations.TryGetValue(peer, out Reservation held);
            if ((!isRefresh && _reservations.Count >= options.MaxReservations)
                || (host is not null && held.Host != host && _reservations.Values.Count(one => one.Host == host) >= options.MaxReservationsPerHost))
            {
                return CircuitStatus.ReservationRefused;
            }

            _reservations[peer] = new(host, expires);
            return CircuitStatus.Ok;
        }
    }

    /// <summary>Ends a peer's reservation, as when its connection ends.</summary>
    public void Release(PeerId peer)
    {
        lock (_gate)
        {
            _reservations.Remove(peer);
        }
    }

    /// <summary>Takes the place of a circuit, for <see cref="Close"/> to give back after <see cref="CircuitStatus.Ok"/>.</summary>
    public CircuitStatus Open(PeerId source, PeerId target, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (source == target)
            {
                return CircuitStatus.PermissionDenied;
            }

            if (!_reservations.TryGetValue(target, out Reservation held) || held.Expires <= now)
            {
                return CircuitStatus.NoReservation;
            }

            if (_allCircuits >= options.MaxCircuits || _circuits.GetValueOrDefault(source) >= options.MaxCircuitsPerPeer
                || _circuits.GetValueOrDefault(target) >= options.MaxCircuitsPerPeer)
            {
                return CircuitStatus.ResourceLimitExceeded;
            }

            _allCircuits++;
            _circuits[source] = _circuits.GetValueOrDefault(source) + 1;
            _circuits[target] = _circuits.GetValueOrDefault(target) + 1;
            return CircuitStatus.Ok;
        }
    }

    public void Close(PeerId source, PeerId target)
    {
        lock (_gate)
        {
            _allCircuits--;
            Less(source);
            Less(target);
        }
    }

    private void Less(PeerId peer)
    {
        if (--_circuits[peer] == 0)
        {
            _circuits.Remove(peer);
        }
    }
}

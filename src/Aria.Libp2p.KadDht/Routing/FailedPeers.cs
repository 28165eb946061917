namespace Aria.Libp2p.KadDht.Routing;

/// <summary>
/// Peers that could not be reached a short while ago: nobody waits for them again until they show themselves or the while is over. A peer that
/// is connected and does not answer in time may only be busy, so it takes three such silences in a row.
/// </summary>
internal sealed class FailedPeers(TimeSpan backoff)
{
    private const int MaxPeers = 4096;
    private const int MaxSilences = 3;

    private readonly Dictionary<PeerId, Failure> _failures = [];
    private readonly Lock _lock = new();

    private readonly record struct Failure(DateTimeOffset Until, int Silences);

    /// <summary>The peer cannot be reached.</summary>
    public void Add(PeerId peer, DateTimeOffset now) => Set(peer, new(now + backoff, 0), now);

    /// <summary>The peer did not answer in time; whether that was once too often.</summary>
    public bool AddSilence(PeerId peer, DateTimeOffset now)
    {
        lock (_lock)
        {
            int silences = _failures.GetValueOrDefault(peer).Silences + 1;
            bool tooMany = silences >= MaxSilences;
            Set(peer, tooMany ? new(now + backoff, 0) : new(now, silences), now);
            return tooMany;
        }
    }

    /// <summary>The peer showed itself.</summary>
    public void Remove(PeerId peer)
    {
        lock (_lock)
        {
            _failures.Remove(peer);
        }
    }

    public bool Contains(PeerId peer, DateTimeOffset now)
    {
        lock (_lock)
        {
            return _failures.TryGetValue(peer, out Failure failure) && now < failure.Until;
        }
    }

    private void Set(PeerId peer, Failure failure, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (_failures.Count >= MaxPeers)
            {
                foreach (PeerId over in _failures.Where(entry => entry.Value.Until <= now).Select(entry => entry.Key).ToArray())
                {
                    _failures.Remove(over);
                }
            }

            if (_failures.Count < MaxPeers || _failures.ContainsKey(peer))
            {
                _failures[peer] = failure;
            }
        }
    }
}

namespace Aria.Libp2p.KadDht.Routing;

/// <summary>Peers that could not be reached a short while ago: nobody waits for them again until they show themselves or the while is over.</summary>
internal sealed class FailedPeers(TimeSpan backoff)
{
    private const int MaxPeers = 4096;

    private readonly Dictionary<PeerId, DateTimeOffset> _until = [];
    private readonly Lock _lock = new();

    public void Add(PeerId peer, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (_until.Count >= MaxPeers)
            {
                foreach (PeerId over in _until.Where(entry => entry.Value <= now).Select(entry => entry.Key).ToArray())
                {
                    _until.Remove(over);
                }
            }

            if (_until.Count < MaxPeers || _until.ContainsKey(peer))
            {
                _until[peer] = now + backoff;
            }
        }
    }

    public void Remove(PeerId peer)
    {
        lock (_lock)
        {
            _until.Remove(peer);
        }
    }

    public bool Contains(PeerId peer, DateTimeOffset now)
    {
        lock (_lock)
        {
            return _until.TryGetValue(peer, out DateTimeOffset until) && now < until;
        }
    }
}

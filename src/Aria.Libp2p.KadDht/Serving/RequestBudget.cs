namespace Aria.Libp2p.KadDht.Serving;

/// <summary>A token bucket for each asking peer: so many requests a second on average, so many at once.</summary>
internal sealed class RequestBudget(int perSecond, int burst)
{
    private const int MaxPeers = 4096;

    private readonly Dictionary<PeerId, Bucket> _buckets = [];
    private readonly Lock _lock = new();

    private readonly record struct Bucket(double Tokens, DateTimeOffset At);

    /// <summary>Takes a token of a peer; false where none is left.</summary>
    public bool TryTake(PeerId peer, DateTimeOffset now)
    {
        lock (_lock)
        {
            double tokens = _buckets.TryGetValue(peer, out Bucket bucket)
                ? Math.Min(burst, bucket.Tokens + (Math.Max(0, (now - bucket.At).TotalSeconds) * perSecond))
                : burst;
            if (_buckets.Count >= MaxPeers && !_buckets.ContainsKey(peer))
            {
                RemoveFull(now);
            }

            bool taken = tokens >= 1;
            if (_buckets.Count < MaxPeers || _buckets.ContainsKey(peer))
            {
                _buckets[peer] = new(taken ? tokens - 1 : tokens, now);
            }

            return taken;
        }
    }

    // A bucket that has filled up again says nothing.
    private void RemoveFull(DateTimeOffset now)
    {
        foreach ((PeerId peer, Bucket bucket) in _buckets.ToArray())
        {
            if (bucket.Tokens + ((now - bucket.At).TotalSeconds * perSecond) >= burst)
            {
                _buckets.Remove(peer);
            }
        }
    }
}

namespace Aria.Libp2p.KadDht.Routing;

/// <summary>
/// How many peers the network has, from how near the k closest peers of random keys stand: of N peers spread evenly, the i-th closest is at i / (N + 1) of
/// the space. Each lookup gives one figure by least squares; the mean of the middle half of the last ones counts, so that a key around which somebody placed many
/// peers sways nothing, nor does a network that is denser in one half of the space than in the other (specs/dht.md §8).
/// </summary>
internal sealed class NetworkSizeEstimate(int k)
{
    private const int Kept = 32;
    private const int Least = 4;

    private readonly Queue<double> _figures = new();
    private readonly Lock _lock = new();

    /// <summary>Peers of the network; null before enough lookups found k.</summary>
    public double? Value
    {
        get
        {
            lock (_lock)
            {
                int quarter = _figures.Count / 4;
                return _figures.Count < Least ? null : _figures.Order().Skip(quarter).SkipLast(quarter).Average();
            }
        }
    }

    /// <summary>The closest peers that a lookup of a random key found, the closest first; fewer than k say nothing.</summary>
    public void Add(KadKey target, IReadOnlyList<KadKey> closest)
    {
        if (closest.Count < k)
        {
            return;
        }

        double squares = 0, products = 0;
        for (int i = 0; i < k; i++)
        {
            squares += (i + 1.0) * (i + 1.0);
            products += (i + 1.0) * target.DistanceTo(closest[i]);
        }

        lock (_lock)
        {
            if (_figures.Count == Kept)
            {
                _figures.Dequeue();
            }

            _figures.Enqueue(Math.Max(k, (squares / products) - 1));
        }
    }
}

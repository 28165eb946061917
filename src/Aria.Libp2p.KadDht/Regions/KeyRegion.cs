using Aria.Libp2p.KadDht.Lookups;
using Aria.Libp2p.KadDht.Routing;

namespace Aria.Libp2p.KadDht.Regions;

/// <summary>
/// The points around a key among which half of k honest peers are to be expected. What is stored at every peer in it cannot be hidden by peers that
/// were placed nearer to the key than all others: they are only added to those who hold it (specs/dht.md §8).
/// </summary>
internal readonly record struct KeyRegion
{
    private const int Parts = 4;                    // the nearer ones hold a sixteenth of the region together
    private const int MaxTries = 1 << 20;

    private readonly KadKey _target;
    private readonly double _radius;
    private readonly int _bits;

    private KeyRegion(KadKey target, double radius)
    {
        (_target, _radius) = (target, radius);
        _bits = (int)Math.Ceiling(-Math.Log2(radius)) - 1;
    }

    /// <summary>Null where the network is unknown or so small that the k closest are a good part of it.</summary>
    public static KeyRegion? Around(KadKey target, double? networkSize, int k) =>
        networkSize is { } size && size >= 2 * k ? new(target, k / 2.0 / size) : null;

    public bool Contains(KadKey point) => _target.DistanceTo(point) <= _radius;

    /// <summary>Whether a lookup of the key has seen all of the region: its k closest reach beyond it, or there are no k.</summary>
    public bool IsSeenBy(IReadOnlyList<Candidate> closest, int k) => closest.Count < k || !Contains(closest[k - 1].Key);

    /// <summary>
    /// Keys whose surroundings make up the region, but for what stands nearest to its key: one that shares exactly as many leading bits as the region's rim, one that
    /// shares one more, and so on. Found by trying; fewer where luck ran out.
    /// </summary>
    public IReadOnlyList<byte[]> Sweep(Action<Span<byte>> randomBytes)
    {
        byte[]?[] found = new byte[Parts][];
        byte[] tried = [0x12, 0x20, .. new byte[32]];
        for (int i = 0; i < MaxTries && Array.Exists(found, key => key is null); i++)
        {
            randomBytes(tried.AsSpan(2));
            int part = _target.CommonPrefixLength(KadKey.Of(tried)) - _bits;
            if (part is >= 0 and < Parts)
            {
                found[part] ??= [.. tried];
            }
        }

        return [.. found.OfType<byte[]>()];
    }
}

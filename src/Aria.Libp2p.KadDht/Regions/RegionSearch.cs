using System.Security.Cryptography;
using Aria.Libp2p.KadDht.Lookups;
using Aria.Libp2p.KadDht.Routing;

namespace Aria.Libp2p.KadDht.Regions;

/// <summary>
/// Who shall hold what stands under a key, and be asked for it: the k closest peers, and with a region all others in it that answer. Knows no network:
/// <paramref name="findNodes"/> looks up a key.
/// </summary>
internal sealed class RegionSearch(int k, Func<byte[], Task<DisjointLookup>> findNodes, Action<Span<byte>> randomBytes)
{
    /// <summary>The peers, given the lookup of the key. Where the region holds more than k, its parts are looked up one after the other.</summary>
    public async Task<IReadOnlyList<PeerInfo>> HoldersAsync(DisjointLookup lookup, KeyRegion? region)
    {
        IReadOnlyList<Candidate> closest = lookup.Closest;
        if (region is not { } around)
        {
            return [.. closest.Select(candidate => candidate.Peer)];
        }

        Dictionary<PeerId, Candidate> others = [];
        Add(lookup);
        if (!around.IsSeenBy(closest, k))
        {
            foreach (byte[] part in around.Sweep(randomBytes))
            {
                Add(await findNodes(part));
            }
        }

        // Should there be too many, chance decides among them, which nobody can aim at.
        byte[] salt = new byte[SHA256.HashSizeInBytes];
        randomBytes(salt);
        KadKey anywhere = KadKey.FromBytes(salt);
        return
        [
            .. closest.Select(candidate => candidate.Peer),
            .. others.Values.OrderBy(candidate => candidate.Key, Comparer<KadKey>.Create(anywhere.CompareDistance)).Take(3 * k).Select(candidate => candidate.Peer),
        ];

        void Add(DisjointLookup from)
        {
            foreach (Candidate candidate in from.Answering.Where(candidate => around.Contains(candidate.Key) && closest.All(near => near.Peer.Id != candidate.Peer.Id)))
            {
                others[candidate.Peer.Id] = candidate;
            }
        }
    }
}

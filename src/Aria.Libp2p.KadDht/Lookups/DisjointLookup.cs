using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Aria.Libp2p.KadDht.Routing;

namespace Aria.Libp2p.KadDht.Lookups;

/// <summary>
/// Several lookups of one target that never ask the same peer: a liar leads astray the one path that met it, and the others pass by
/// (specs/dht.md §5). With one path it is that lookup.
/// </summary>
internal sealed class DisjointLookup
{
    private readonly KadKey _target;
    private readonly LookupBounds _bounds;
    private readonly IterativeLookup[] _paths;
    private readonly Dictionary<PeerId, IterativeLookup> _asked = [];
    private int _turn;

    /// <summary>With the IP groups of peers as they are named.</summary>
    public DisjointLookup(KadKey target, PeerId self, LookupBounds bounds, int paths)
        : this(target, self, bounds, paths, peer => IpGroup.Of(peer.Addresses, bounds.GroupPrivateAddresses))
    {
    }

    public DisjointLookup(KadKey target, PeerId self, LookupBounds bounds, int paths, Func<PeerInfo, ImmutableArray<IpGroup>> groupsOf)
    {
        const int LeastAlpha = 5;
        _target = target;
        _bounds = bounds;
        GroupQuota quota = new(target, bounds.MaxPerGroup, groupsOf);
        LookupBounds each = paths == 1 ? bounds : bounds with { Alpha = Math.Max(LeastAlpha, bounds.Alpha / paths), MaxRequests = bounds.MaxRequests / 2 };
        _paths = [.. Enumerable.Range(0, paths).Select(_ => new IterativeLookup(target, self, each, quota, peer => !_asked.ContainsKey(peer)))];
    }

    /// <summary>Whether no path would ask or wait for anybody any more.</summary>
    public bool IsDone => Array.TrueForAll(_paths, path => path.IsDone);

    /// <summary>Lookups that share no peer.</summary>
    public int Paths => _paths.Length;

    /// <summary>Requests made.</summary>
    public int Requests => _paths.Sum(path => path.Requests);

    /// <summary>The longest chain of requests that led to one of the closest peers that answered, the request to it included.</summary>
    public int Hops => Closest.Select(candidate => candidate.Depth).DefaultIfEmpty().Max();

    /// <summary>Whether a path made as many requests as it may.</summary>
    public bool IsExhausted => Array.Exists(_paths, path => path.IsExhausted);

    /// <summary>All peers that answered on any path, the closest first.</summary>
    public IReadOnlyList<Candidate> Answering =>
    [
        .. _paths.SelectMany(path => path.Candidates).Where(candidate => candidate.State == CandidateState.Answered)
            .OrderBy(candidate => candidate.Key, Comparer<KadKey>.Create(_target.CompareDistance)),
    ];

    /// <summary>Up to k of them.</summary>
    public IReadOnlyList<Candidate> Closest => [.. Answering.Take(_bounds.K)];

    /// <summary>Up to k peers that were heard of on any path and have not failed, the closest first.</summary>
    public IReadOnlyList<Candidate> ClosestHeard =>
    [
        .. _paths.SelectMany(path => path.Candidates).Where(candidate => candidate.Counts).DistinctBy(candidate => candidate.Peer.Id)
            .OrderBy(candidate => candidate.Key, Comparer<KadKey>.Create(_target.CompareDistance)).Take(_bounds.K),
    ];

    /// <summary>A peer that was asked; null for any other.</summary>
    public Candidate? CandidateOf(PeerId asked) => _asked.GetValueOrDefault(asked)?.CandidateOf(asked);

    /// <summary>Begins with these peers, dealt out to the paths in their order.</summary>
    public void AddSeeds(IEnumerable<PeerInfo> peers)
    {
        foreach ((int index, PeerInfo peer) in peers.Index())
        {
            _paths[index % _paths.Length].AddSeeds([peer]);
        }
    }

    /// <summary>The peer to ask now, of the paths by turns.</summary>
    public bool TryNext([NotNullWhen(true)] out PeerInfo? peer)
    {
        for (int i = 0; i < _paths.Length; i++)
        {
            IterativeLookup path = _paths[_turn++ % _paths.Length];
            if (path.TryNext(out peer))
            {
                _asked.Add(peer.Id, path);
                return true;
            }
        }

        peer = null;
        return false;
    }

    /// <summary>A peer answered and named others.</summary>
    public void Answered(PeerId from, IReadOnlyCollection<PeerInfo> closer)
    {
        _asked.GetValueOrDefault(from)?.Answered(from, closer);
        Reconsider();
    }

    /// <summary>A peer could not be asked, or what it answered was wrong.</summary>
    public void Failed(PeerId peer)
    {
        _asked.GetValueOrDefault(peer)?.Failed(peer);
        Reconsider();
    }

    /// <summary>A peer takes so long that its path goes on without it.</summary>
    public void Overdue(PeerId peer)
    {
        _asked.GetValueOrDefault(peer)?.Overdue(peer);
        Reconsider();
    }

    private void Reconsider() => Array.ForEach(_paths, path => path.Reconsider());      // the places are those of all paths
}

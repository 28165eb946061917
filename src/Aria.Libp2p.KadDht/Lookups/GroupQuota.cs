using System.Collections.Immutable;
using Aria.Libp2p.KadDht.Routing;

namespace Aria.Libp2p.KadDht.Lookups;

/// <summary>
/// How many candidates of each IP group a lookup has taken, over all of its paths: the closest to <paramref name="target"/>, for a name that is too far to be asked costs a liar nothing
/// and must not keep others out (specs/dht.md §7). <paramref name="groupsOf"/> tells the groups of a peer: those of its connections where there are any, else those of the addresses that somebody named.
/// </summary>
internal sealed class GroupQuota(KadKey target, int maxPerGroup, Func<PeerInfo, ImmutableArray<IpGroup>> groupsOf)
{
    private readonly Dictionary<IpGroup, int> _taken = [];
    private readonly Dictionary<PeerId, Place> _places = [];

    // The groups that a peer takes places in, and the candidates that it is on the paths.
    private sealed record Place(PeerId Peer, KadKey Key, ImmutableArray<IpGroup> Groups, List<Candidate> Candidates)
    {
        public bool IsUnasked => Candidates.TrueForAll(candidate => candidate.State == CandidateState.Heard);
    }

    /// <summary>Grows whenever places become free.</summary>
    public int Releases { get; private set; }

    /// <summary>
    /// Takes a place in each group of a peer, once for all paths. In a full group the farthest peer that was not asked makes way and becomes <see cref="CandidateState.Crowded"/>, where it is
    /// farther than this one; else false, and nothing is taken.
    /// </summary>
    public bool TryTake(Candidate candidate)
    {
        if (_places.TryGetValue(candidate.Peer.Id, out Place? place))
        {
            place.Candidates.Add(candidate);
            return true;
        }

        return TryTake(candidate, groupsOf(candidate.Peer), isThere: false);
    }

    /// <summary>A path forgets a candidate that it did not ask; with the last one of the peer its places are free.</summary>
    public void Forget(Candidate candidate)
    {
        if (_places.TryGetValue(candidate.Peer.Id, out Place? place) && place.Candidates.Remove(candidate) && place.Candidates.Count == 0)
        {
            Release(place);
        }
    }

    /// <summary>The peer that was asked does not answer, so its places are free; no other path will ask it either.</summary>
    public void GiveBack(Candidate asked)
    {
        if (_places.TryGetValue(asked.Peer.Id, out Place? place))
        {
            Release(place);
            place.Candidates.ForEach(candidate => candidate.State = candidate.State == CandidateState.Heard ? CandidateState.Elsewhere : candidate.State);
        }
    }

    /// <summary>
    /// The peer answered, so it is known where it really is: its places are moved there, and of peers that are only said to be there the farthest makes way. False, keeping none, where one of those groups
    /// is full of others.
    /// </summary>
    public bool TrySettle(Candidate answered)
    {
        ImmutableArray<IpGroup> real = groupsOf(answered.Peer);
        if (_places.TryGetValue(answered.Peer.Id, out Place? place) && real.SequenceEqual(place.Groups))
        {
            return true;
        }

        GiveBack(answered);
        return TryTake(answered, real, isThere: true);
    }

    /// <summary>An answer that names many peers of one group names nobody of that group.</summary>
    public IEnumerable<PeerInfo> WithoutCrowds(IEnumerable<PeerInfo> peers)
    {
        (PeerInfo Peer, ImmutableArray<IpGroup> Groups)[] grouped = [.. peers.Select(peer => (peer, groupsOf(peer)))];
        HashSet<IpGroup> crowds =
        [
            .. grouped.SelectMany(one => one.Groups).GroupBy(group => group).Where(group => group.Count() > maxPerGroup).Select(group => group.Key),
        ];
        return grouped.Where(one => !one.Groups.Any(crowds.Contains)).Select(one => one.Peer);
    }

    private bool TryTake(Candidate candidate, ImmutableArray<IpGroup> groups, bool isThere)
    {
        HashSet<Place> leaving = [];
        foreach (IpGroup group in groups.Where(group => _taken.GetValueOrDefault(group) >= maxPerGroup))
        {
            Place? farthest = _places.Values.Where(place => place.IsUnasked && place.Groups.Contains(group)).Max(Comparer<Place>.Create((left, right) => target.CompareDistance(left.Key, right.Key)));
            if (farthest is null || (!isThere && target.CompareDistance(farthest.Key, candidate.Key) < 0))
            {
                return false;
            }

            leaving.Add(farthest);
        }

        foreach (Place place in leaving)
        {
            Release(place);
            place.Candidates.ForEach(one => one.State = CandidateState.Crowded);
        }

        _places.Add(candidate.Peer.Id, new(candidate.Peer.Id, candidate.Key, groups, [candidate]));
        Count(groups, 1);
        return true;
    }

    private void Release(Place place)
    {
        _places.Remove(place.Peer);
        Count(place.Groups, -1);
        Releases++;
    }

    private void Count(ImmutableArray<IpGroup> groups, int places)
    {
        foreach (IpGroup group in groups)
        {
            _taken[group] = _taken.GetValueOrDefault(group) + places;
        }
    }
}

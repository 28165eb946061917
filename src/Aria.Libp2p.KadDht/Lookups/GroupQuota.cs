using System.Collections.Immutable;
using Aria.Libp2p.KadDht.Routing;

namespace Aria.Libp2p.KadDht.Lookups;

/// <summary>
/// How many candidates of each IP group a lookup has taken, over all of its paths. <paramref name="groupsOf"/> tells the groups of a peer: those of
/// its connections where there are any, else those of the addresses that somebody named.
/// </summary>
internal sealed class GroupQuota(int maxPerGroup, Func<PeerInfo, ImmutableArray<IpGroup>> groupsOf)
{
    private readonly Dictionary<IpGroup, int> _taken = [];
    private readonly Dictionary<PeerId, Place> _places = [];

    // The groups that a peer takes places in, and the paths that have it as a candidate.
    private readonly record struct Place(ImmutableArray<IpGroup> Groups, int Paths);

    /// <summary>Takes a peer's place in each of its groups, once for all paths; false, taking none, where one of them is full.</summary>
    public bool TryTake(PeerInfo peer)
    {
        if (_places.TryGetValue(peer.Id, out Place place))
        {
            _places[peer.Id] = place with { Paths = place.Paths + 1 };
            return true;
        }

        ImmutableArray<IpGroup> groups = groupsOf(peer);
        if (!HaveRoom(groups))
        {
            return false;
        }

        Count(groups, 1);
        _places.Add(peer.Id, new(groups, 1));
        return true;
    }

    /// <summary>A path no longer has the peer as a candidate; with the last one its places are free.</summary>
    public void GiveBack(PeerId peer)
    {
        Place place = _places[peer];
        if (place.Paths > 1)
        {
            _places[peer] = place with { Paths = place.Paths - 1 };
            return;
        }

        Count(place.Groups, -1);
        _places.Remove(peer);
    }

    /// <summary>The peer answered, so it is known where it really is: its places are moved there. False, keeping none, where one of those groups is full.</summary>
    public bool TrySettle(PeerInfo peer)
    {
        Place place = _places[peer.Id];
        ImmutableArray<IpGroup> real = groupsOf(peer);
        if (real.SequenceEqual(place.Groups))
        {
            return true;
        }

        Count(place.Groups, -1);
        bool hasRoom = HaveRoom(real);
        real = hasRoom ? real : [];
        Count(real, 1);
        _places[peer.Id] = place with { Groups = real };
        return hasRoom;
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

    private bool HaveRoom(ImmutableArray<IpGroup> groups) => !groups.Any(group => _taken.GetValueOrDefault(group) >= maxPerGroup);

    private void Count(ImmutableArray<IpGroup> groups, int places)
    {
        foreach (IpGroup group in groups)
        {
            _taken[group] = _taken.GetValueOrDefault(group) + places;
        }
    }
}

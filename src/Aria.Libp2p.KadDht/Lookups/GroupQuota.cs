using System.Collections.Immutable;
using Aria.Libp2p.KadDht.Routing;

namespace Aria.Libp2p.KadDht.Lookups;

/// <summary>How many candidates of each IP group a lookup has taken, over all of its paths.</summary>
internal sealed class GroupQuota(int maxPerGroup, bool groupPrivateAddresses)
{
    private readonly Dictionary<IpGroup, int> _taken = [];

    /// <summary>Takes a place in each group of a peer; false, taking none, where one of them is full.</summary>
    public bool TryTake(PeerInfo peer)
    {
        ImmutableArray<IpGroup> groups = GroupsOf(peer);
        if (groups.Any(group => _taken.GetValueOrDefault(group) >= maxPerGroup))
        {
            return false;
        }

        foreach (IpGroup group in groups)
        {
            _taken[group] = _taken.GetValueOrDefault(group) + 1;
        }

        return true;
    }

    /// <summary>An answer that names many peers of one group names nobody of that group.</summary>
    public IEnumerable<PeerInfo> WithoutCrowds(IEnumerable<PeerInfo> peers)
    {
        (PeerInfo Peer, ImmutableArray<IpGroup> Groups)[] grouped = [.. peers.Select(peer => (peer, GroupsOf(peer)))];
        HashSet<IpGroup> crowds =
        [
            .. grouped.SelectMany(one => one.Groups).GroupBy(group => group).Where(group => group.Count() > maxPerGroup).Select(group => group.Key),
        ];
        return grouped.Where(one => !one.Groups.Any(crowds.Contains)).Select(one => one.Peer);
    }

    private ImmutableArray<IpGroup> GroupsOf(PeerInfo peer) => IpGroup.Of(peer.Addresses, groupPrivateAddresses);
}

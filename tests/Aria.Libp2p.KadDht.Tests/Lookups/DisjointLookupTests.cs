using Aria.Libp2p.KadDht.Lookups;
using Aria.Libp2p.KadDht.Routing;

namespace Aria.Libp2p.KadDht.Tests.Lookups;

public sealed class DisjointLookupTests
{
    private static readonly KadKey Target = KadKey.Of("/ariatest/somewhere"u8);
    private static readonly LookupBounds Bounds = new(K: 4, Alpha: 6, Beta: 2, MaxPerGroup: 3, GroupPrivateAddresses: false);

    private static readonly PeerInfo[] ByDistance =
        [.. Enumerable.Range(1, 40).Select(number => Samples.Info(Samples.Peer(number))).OrderBy(peer => KadKey.Of(peer.Id), Comparer<KadKey>.Create(Target.CompareDistance))];

    private static DisjointLookup Lookup(params int[] seeds)
    {
        DisjointLookup lookup = new(Target, Samples.Peer(0), Bounds, paths: 2);
        lookup.AddSeeds(seeds.Select(seed => ByDistance[seed]));
        return lookup;
    }

    private static int[] Take(DisjointLookup lookup)
    {
        List<int> taken = [];
        while (lookup.TryNext(out PeerInfo? peer))
        {
            taken.Add(Array.IndexOf(ByDistance, peer));
        }

        return [.. taken];
    }

    private static void Answer(DisjointLookup lookup, int from, params int[] closer) => lookup.Answered(ByDistance[from].Id, [.. closer.Select(peer => ByDistance[peer])]);

    [Fact]
    public void NoPeerIsAskedTwice_ThoughBothPathsHearOfIt()
    {
        DisjointLookup lookup = Lookup(20, 21);
        Assert.Equal([20, 21], Take(lookup));
        Answer(lookup, 20, 0, 1, 2);
        Answer(lookup, 21, 0, 1, 2, 3);
        int[] asked = Take(lookup);
        Assert.Equal([0, 1, 2, 3], asked.Order());
        Assert.All(asked, peer => Answer(lookup, peer));
        Assert.True(lookup.IsDone);
        Assert.Equal([0, 1, 2, 3], lookup.Closest.Select(candidate => Array.IndexOf(ByDistance, candidate.Peer)));
        Assert.Equal((6, 2), (lookup.Requests, lookup.Hops));
    }

    [Fact]
    public void ALiar_LeadsOnePathAstray_AndTheOtherArrives()
    {
        DisjointLookup lookup = Lookup(20, 21);
        Take(lookup);
        Answer(lookup, 20, 30, 31, 32, 33);      // knows nobody closer
        Answer(lookup, 21, 0, 1, 2);
        Assert.All(Take(lookup), peer => Answer(lookup, peer));
        Assert.All(Take(lookup), peer => Answer(lookup, peer));
        Assert.True(lookup.IsDone);
        Assert.Equal([0, 1, 2], lookup.Closest.Take(3).Select(candidate => Array.IndexOf(ByDistance, candidate.Peer)));
    }

    [Fact]
    public void AnIpGroup_HasItsFewPlacesInAllPathsTogether()
    {
        DisjointLookup lookup = Lookup(20, 21);
        Take(lookup);
        PeerInfo Located(int peer) => ByDistance[peer] with { Addresses = [Multiaddress.Parse($"/ip4/203.0.{peer}.1/tcp/1")] };
        lookup.Answered(ByDistance[20].Id, [Located(0), Located(1)]);
        lookup.Answered(ByDistance[21].Id, [Located(2), Located(3)]);
        HashSet<PeerId> asked = [];
        while (lookup.TryNext(out PeerInfo? peer))
        {
            asked.Add(peer.Id);
        }

        Assert.Equal(3, asked.Count);
    }

    [Fact]
    public void WhoFailsOrIsOverdue_IsSoOnItsPath()
    {
        DisjointLookup lookup = Lookup(20, 21);
        Take(lookup);
        lookup.Failed(ByDistance[20].Id);
        lookup.Overdue(ByDistance[21].Id);
        Assert.False(lookup.IsDone);
        Answer(lookup, 21);
        Assert.True(lookup.IsDone);
        lookup.Failed(ByDistance[5].Id);
        Answer(lookup, 6, 1);
        Assert.Single(lookup.Closest);
    }
}

using Aria.Libp2p.KadDht.Lookups;
using Aria.Libp2p.KadDht.Routing;

namespace Aria.Libp2p.KadDht.Tests.Lookups;

/// <summary>Names that a liar gives places in an IP group keep nobody out who is closer or who is there.</summary>
public sealed class GroupQuotaTests
{
    private static readonly KadKey Target = KadKey.Of("/ariatest/somewhere"u8);
    private static readonly LookupBounds Bounds = new(K: 4, Alpha: 10, Beta: 2, MaxPerGroup: 2, GroupPrivateAddresses: false);

    private static readonly PeerId[] ByDistance =
        [.. Enumerable.Range(1, 40).Select(Samples.Peer).OrderBy(KadKey.Of, Comparer<KadKey>.Create(Target.CompareDistance))];

    private readonly Dictionary<PeerId, string> _real = [];

    private IterativeLookup Lookup() => new(Target, Samples.Peer(0), Bounds, Quota(), _ => true);

    private GroupQuota Quota() => new(Target, Bounds.MaxPerGroup, peer => IpGroup.Of(_real.TryGetValue(peer.Id, out string? at) ? [Multiaddress.Parse(at)] : peer.Addresses, groupPrivate: false));

    private static PeerInfo In(int group, int peer) => Samples.Info(ByDistance[peer], $"/ip4/20.{group}.{peer}.1/tcp/4001");

    private static int[] Taken(IterativeLookup lookup) =>
        [.. lookup.Candidates.Where(candidate => candidate.State != CandidateState.Crowded).Select(candidate => Array.IndexOf(ByDistance, candidate.Peer.Id))];

    private static int[] Ask(IterativeLookup lookup)
    {
        List<int> asked = [];
        while (lookup.TryNext(out PeerInfo? peer))
        {
            asked.Add(Array.IndexOf(ByDistance, peer.Id));
        }

        return [.. asked];
    }

    [Fact]
    public void TheFarthestThatWasNotAsked_MakesWayForACloserOne()
    {
        IterativeLookup lookup = Lookup();
        lookup.AddSeeds([In(1, 30), In(1, 20), In(1, 35), In(2, 36), In(2, 37)]);
        Assert.Equal([20, 30, 36, 37], Taken(lookup));
        lookup.AddSeeds([In(1, 10)]);
        Assert.Equal([10, 20, 36, 37], Taken(lookup));
        lookup.AddSeeds([In(1, 25)]);
        Assert.Equal([10, 20, 36, 37], Taken(lookup));
    }

    [Fact]
    public void WhoWasAsked_KeepsItsPlace_UntilItFails()
    {
        IterativeLookup lookup = Lookup();
        lookup.AddSeeds([In(1, 20), In(1, 30)]);
        Assert.Equal([20, 30], Ask(lookup));
        lookup.AddSeeds([In(1, 10)]);
        Assert.Empty(Ask(lookup));
        lookup.Failed(ByDistance[20]);
        Assert.Equal([10], Ask(lookup));
    }

    [Fact]
    public void WhoIsOverdue_GivesItsPlaceBack_AndTakesOneAgainWhenItAnswers()
    {
        IterativeLookup lookup = Lookup();
        lookup.AddSeeds([In(1, 20), In(1, 21)]);
        Ask(lookup);
        lookup.AddSeeds([In(1, 10), In(1, 11), In(1, 12)]);
        lookup.Overdue(ByDistance[20]);
        Assert.Equal([10], Ask(lookup));
        lookup.Overdue(ByDistance[21]);
        Assert.Equal([11], Ask(lookup));
        lookup.Answered(ByDistance[20], []);        // both places are others' now
        Assert.Empty(lookup.Closest);
        lookup.Failed(ByDistance[10]);
        lookup.Answered(ByDistance[21], []);        // 12 is only said to be there
        Assert.Equal([21], lookup.Closest.Select(candidate => Array.IndexOf(ByDistance, candidate.Peer.Id)));
        Assert.DoesNotContain(12, Taken(lookup));
    }

    [Fact]
    public void WhoIsReallyThere_GoesBeforeWhoIsOnlySaidToBe()
    {
        IterativeLookup lookup = Lookup();
        lookup.AddSeeds([In(5, 39)]);
        Assert.Equal([39], Ask(lookup));
        lookup.AddSeeds([In(1, 0), In(1, 1)]);
        _real[ByDistance[39]] = "/ip4/20.1.1.1/tcp/4001";
        lookup.Answered(ByDistance[39], []);
        Assert.Equal([0, 39], Taken(lookup));
    }

    [Fact]
    public void APeerOfTwoGroups_NeedsAPlaceInBoth()
    {
        IterativeLookup lookup = Lookup();
        PeerInfo both = Samples.Info(ByDistance[10], "/ip4/20.1.1.1/tcp/1", "/ip4/20.2.1.1/tcp/1");
        lookup.AddSeeds([In(1, 20), In(1, 21), In(2, 5), In(2, 6)]);
        lookup.AddSeeds([both]);
        Assert.Equal([5, 6, 20, 21], Taken(lookup));        // nobody made way for nothing
        lookup = Lookup();
        lookup.AddSeeds([In(1, 20), In(1, 21), In(2, 5), In(2, 22), both]);
        Assert.Equal([5, 10, 20], Taken(lookup));
    }

    [Fact]
    public void ANameThatFailedOnOnePath_HoldsNoPlaceOnTheOther()
    {
        DisjointLookup lookup = new(Target, Samples.Peer(0), Bounds, paths: 2);
        lookup.AddSeeds([Samples.Info(ByDistance[38]), Samples.Info(ByDistance[39])]);
        Assert.True(lookup.TryNext(out _) && lookup.TryNext(out _) && !lookup.TryNext(out _));
        lookup.Answered(ByDistance[38], [In(1, 0), In(1, 1)]);
        lookup.Answered(ByDistance[39], [In(1, 0), In(1, 1), In(2, 3)]);
        List<int> asked = [];
        while (lookup.TryNext(out PeerInfo? peer))
        {
            asked.Add(Array.IndexOf(ByDistance, peer.Id));
        }

        Assert.Equal([0, 1, 3], asked.Order());
        lookup.Answered(ByDistance[3], [In(1, 7), In(1, 8)]);
        Assert.False(lookup.TryNext(out _));
        lookup.Failed(ByDistance[0]);
        lookup.Failed(ByDistance[1]);
        Assert.True(lookup.TryNext(out PeerInfo? next) && lookup.TryNext(out PeerInfo? last) && next.Id == ByDistance[7] && last.Id == ByDistance[8]);
    }

    [Fact]
    public void AFloodOfOneGroup_PushesNobodyOut()
    {
        IterativeLookup lookup = Lookup();
        lookup.AddSeeds([Samples.Info(ByDistance[^1]), In(2, 38)]);
        PeerId[] near = [.. Enumerable.Range(1000, 20_000).Select(Samples.Peer).OrderBy(KadKey.Of, Comparer<KadKey>.Create(Target.CompareDistance)).Take(5 * Bounds.MaxCandidates)];
        lookup.AddSeeds(near.Select((peer, host) => Samples.Info(peer, $"/ip4/20.1.{host % 256}.1/tcp/4001")));
        Assert.Equal(Bounds.MaxCandidates, lookup.Candidates.Count);
        Assert.Equal([38, 39], Taken(lookup).Where(peer => peer >= 0));
    }
}

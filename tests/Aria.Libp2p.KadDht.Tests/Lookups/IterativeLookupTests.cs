using Aria.Libp2p.KadDht.Lookups;
using Aria.Libp2p.KadDht.Routing;
using Aria.Testing;

namespace Aria.Libp2p.KadDht.Tests.Lookups;

public sealed class IterativeLookupTests
{
    private static readonly PeerId Self = Samples.Peer(0);
    private static readonly KadKey Target = KadKey.Of("/ariatest/somewhere"u8);
    private static readonly LookupBounds Bounds = new(K: 4, Alpha: 2, Beta: 2, MaxPerGroup: 3, GroupPrivateAddresses: false);

    private static readonly PeerInfo[] ByDistance =
    [
        .. Enumerable.Range(1, 60).Select(number => Samples.Info(Samples.Peer(number)))
            .Order(Comparer<PeerInfo>.Create((left, right) => Target.CompareDistance(KadKey.Of(left.Id), KadKey.Of(right.Id)))),
    ];

    private static IterativeLookup Lookup(params int[] seeds)
    {
        IterativeLookup lookup = new(Target, Self, Bounds);
        lookup.AddSeeds(seeds.Select(seed => ByDistance[seed]));
        return lookup;
    }

    private static int[] Take(IterativeLookup lookup)
    {
        List<int> taken = [];
        while (lookup.TryNext(out PeerInfo? peer))
        {
            taken.Add(Array.IndexOf(ByDistance, peer));
        }

        return [.. taken];
    }

    private static void Answer(IterativeLookup lookup, int from, params int[] closer) =>
        lookup.Answered(ByDistance[from].Id, [.. closer.Select(peer => ByDistance[peer])]);

    private static PeerInfo[] Taken(IterativeLookup lookup) => [.. lookup.Candidates.Where(candidate => candidate.State != CandidateState.Crowded).Select(candidate => candidate.Peer)];

    private static int[] Closest(IterativeLookup lookup) => [.. lookup.Closest.Select(candidate => Array.IndexOf(ByDistance, candidate.Peer))];

    [Fact]
    public void WithNobody_ItIsDone()
    {
        IterativeLookup lookup = Lookup();
        Assert.True(lookup.IsDone);
        Assert.False(lookup.TryNext(out _));
        Assert.Empty(lookup.Closest);
    }

    [Fact]
    public void WhoNamesEverCloserPeers_EndsALookupAtItsBound()
    {
        IterativeLookup lookup = new(Target, Self, Bounds with { MaxRequests = 40 });
        PeerInfo[] endless = [.. Enumerable.Range(0, 5000).Select(number => Samples.Info(Samples.Peer(1000 + number))).OrderByDescending(peer => KadKey.Of(peer.Id), Comparer<KadKey>.Create(Target.CompareDistance))];
        lookup.AddSeeds(endless[..4]);
        int named = 4;
        while (!lookup.IsDone)
        {
            List<PeerInfo> asked = [];
            while (lookup.TryNext(out PeerInfo? peer))
            {
                asked.Add(peer);
            }

            foreach (PeerInfo peer in asked)
            {
                lookup.Answered(peer.Id, endless[named..(named + 4)]);
                named += 4;
            }
        }

        Assert.True(lookup.IsExhausted);
        Assert.Equal((40, 4), (lookup.Requests, lookup.Closest.Count));
    }

    [Fact]
    public void AnInventedPeer_GivesBackItsPlaceInAnIpGroup()
    {
        IterativeLookup lookup = new(Target, Self, Bounds with { Alpha = 10 });
        PeerInfo Near(int place) => Samples.Info(ByDistance[place].Id, $"/ip4/20.1.{place}.1/tcp/4001");
        lookup.AddSeeds([Near(0), Near(1), Near(2), Near(3), Near(4)]);
        Assert.Equal([0, 1, 2], Taken(lookup).Select(taken => Array.FindIndex(ByDistance, peer => peer.Id == taken.Id)));
        while (lookup.TryNext(out _))
        {
        }

        lookup.Failed(ByDistance[0].Id);
        lookup.Answered(ByDistance[1].Id, []);
        Assert.True(lookup.TryNext(out PeerInfo? next));
        Assert.Equal(ByDistance[3].Id, next.Id);
        lookup.Answered(ByDistance[2].Id, []);
        lookup.Failed(ByDistance[3].Id);
        Assert.True(lookup.TryNext(out next));
        Assert.Equal(ByDistance[4].Id, next.Id);
    }

    [Fact]
    public void APeerThatStandsElsewhereThanItWasNamed_CountsWhereItStands()
    {
        Dictionary<PeerId, string> real = [];
        GroupQuota quota = new(Target, 2, peer => IpGroup.Of([real.TryGetValue(peer.Id, out string? at) ? Multiaddress.Parse(at) : peer.Addresses[0]], groupPrivate: false));
        IterativeLookup lookup = new(Target, Self, Bounds with { Alpha = 10 }, quota, _ => true);
        lookup.AddSeeds(Enumerable.Range(0, 4).Select(place => Samples.Info(ByDistance[place].Id, $"/ip4/20.{place}.1.1/tcp/4001")));
        while (lookup.TryNext(out PeerInfo? peer))
        {
            real[peer.Id] = "/ip4/203.0.113.1/tcp/4001";
        }

        for (int place = 0; place < 4; place++)
        {
            lookup.Answered(ByDistance[place].Id, []);
        }

        Assert.True(lookup.IsDone);
        Assert.Equal([0, 1], lookup.Closest.Select(candidate => Array.FindIndex(ByDistance, peer => peer.Id == candidate.Peer.Id)));
    }

    [Fact]
    public void TheClosestAreAskedFirst_AlphaAtATime()
    {
        IterativeLookup lookup = Lookup(30, 10, 40, 20);
        Assert.Equal([10, 20], Take(lookup));
        Assert.False(lookup.IsDone);
        Answer(lookup, 20, 5);
        Assert.Equal([5], Take(lookup));
        Answer(lookup, 5, 1, 2);
        Assert.Equal([1], Take(lookup));
        Assert.Equal(4, lookup.Requests);
    }

    [Fact]
    public void OnceBetaOfTheClosestAnswered_TheRestOfTheClosestIsAskedAtOnce()
    {
        IterativeLookup lookup = Lookup(1, 2);
        Assert.Equal([1, 2], Take(lookup));
        Answer(lookup, 1, 3, 4, 5, 6);
        Assert.Equal([3], Take(lookup));
        Answer(lookup, 2, 3, 4, 5, 6);
        Assert.Equal([4], Take(lookup));    // 3 and 4 complete the four closest; 5 and 6 are none of their business
        Assert.False(lookup.IsDone);
        Answer(lookup, 3);
        Answer(lookup, 4);
        Assert.True(lookup.IsDone);
        Assert.Empty(Take(lookup));
        Assert.Equal([1, 2, 3, 4], Closest(lookup));
        Assert.Equal(2, lookup.Closest.Max(candidate => candidate.Depth));
    }

    [Fact]
    public void WhoFails_MakesWayForTheNext()
    {
        IterativeLookup lookup = Lookup(1, 2, 3, 4, 5);
        Assert.Equal([1, 2], Take(lookup));
        lookup.Failed(ByDistance[1].Id);
        Assert.Equal([3], Take(lookup));
        lookup.Failed(ByDistance[2].Id);
        Assert.Equal([4], Take(lookup));
        Answer(lookup, 3);
        Answer(lookup, 4);
        Assert.Equal([5], Take(lookup));
        Answer(lookup, 5);
        Assert.True(lookup.IsDone);
        Assert.Equal([3, 4, 5], Closest(lookup));
    }

    [Fact]
    public void WhoIsOverdue_IsNotWaitedFor_YetItsAnswerCounts()
    {
        IterativeLookup lookup = Lookup(1, 2);
        Assert.Equal([1, 2], Take(lookup));
        Answer(lookup, 2);
        lookup.Overdue(ByDistance[1].Id);
        Assert.True(lookup.IsDone);
        Assert.Equal([2], Closest(lookup));
        Answer(lookup, 1, 0);
        Assert.False(lookup.IsDone);
        Assert.Equal([0], Take(lookup));
        lookup.Failed(ByDistance[0].Id);
        Assert.Equal([1, 2], Closest(lookup));
    }

    [Fact]
    public void WhileNobodyAnswered_TheOverdueAreWaitedFor()
    {
        IterativeLookup lookup = Lookup(1, 2);
        Take(lookup);
        lookup.Overdue(ByDistance[1].Id);
        lookup.Overdue(ByDistance[2].Id);
        Assert.False(lookup.IsDone);
        lookup.Failed(ByDistance[1].Id);
        Assert.False(lookup.IsDone);
        Answer(lookup, 2);
        Assert.True(lookup.IsDone);
    }

    [Fact]
    public void WhoWasNotAsked_CannotAnswer()
    {
        IterativeLookup lookup = Lookup(5);
        Answer(lookup, 5, 1);
        Answer(lookup, 1, 0);
        lookup.Failed(ByDistance[5].Id);
        Assert.Equal([5], Take(lookup));
        Assert.Empty(lookup.Closest);
        Assert.Single(lookup.Candidates);
    }

    [Fact]
    public void AnAnswer_IsBelievedForKPeers_AndNeverForThisPeerItself()
    {
        IterativeLookup lookup = Lookup(50);
        Take(lookup);
        lookup.Answered(ByDistance[50].Id, [Samples.Info(Self), .. ByDistance.Take(20)]);
        Assert.Equal(1 + Bounds.K - 1, lookup.Candidates.Count);
        Assert.DoesNotContain(lookup.Candidates, candidate => candidate.Peer.Id == Self);
    }

    [Fact]
    public void ACrowdOfOneIpGroup_IsLeftOutOfAnAnswer_AndOfTheCandidates()
    {
        IterativeLookup lookup = Lookup(50, 51);
        Take(lookup);
        PeerInfo Located(int peer, int host) => ByDistance[peer] with { Addresses = [Multiaddress.Parse($"/ip4/203.0.{host}.1/tcp/1")] };
        lookup.Answered(ByDistance[50].Id, [Located(0, 1), Located(1, 2), Located(2, 3), Located(3, 4)]);
        Assert.Equal(2, Taken(lookup).Length);
        lookup.Answered(ByDistance[51].Id, [Located(4, 1), Located(5, 2), Located(6, 3)]);
        Assert.Equal(5, Taken(lookup).Length);
        Assert.Equal(2, Take(lookup).Length);
        lookup.Answered(ByDistance[4].Id, [Located(7, 9), ByDistance[8]]);
        Assert.Equal(6, Taken(lookup).Length);
    }

    [Fact]
    public void AFlood_IsBounded()
    {
        IterativeLookup lookup = Lookup(59);
        Random random = TestSeed.Random();
        while (lookup.TryNext(out PeerInfo? peer) && lookup.Requests < 2_000)
        {
            lookup.Answered(peer.Id, [.. Enumerable.Range(0, 20).Select(_ => Samples.Info(Samples.Peer(random)))]);
        }

        Assert.InRange(lookup.Candidates.Count, 1, Bounds.MaxCandidates);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.3)]
    public void InAnyNetworkOfFullTables_TheClosestThatLiveAreFound_InWhateverOrderAnswersCome(double dead)
    {
        const int Rounds = 20;
        Random random = TestSeed.Random(7);
        int total = 0;
        for (int round = 0; round < Rounds; round++)
        {
            PeerId[] peers = [.. Enumerable.Range(0, 200).Select(_ => Samples.Peer(random))];
            HashSet<PeerId> gone = [.. peers.Skip(1).Where(_ => random.NextDouble() < dead)];
            Dictionary<PeerId, RoutingTable> tables = peers.ToDictionary(peer => peer, peer => new RoutingTable(peer, 20, 2, 3));
            foreach (RoutingTable table in tables.Values)
            {
                Assert.All(peers, peer => table.Add(Samples.Contact(peer)));
            }

            KadKey target = KadKey.Of(BitConverter.GetBytes(random.NextInt64()));
            IterativeLookup lookup = new(target, peers[0], new(20, 10, 3, 3, false));
            lookup.AddSeeds(tables[peers[0]].Closest(target, 20).Select(contact => Samples.Info(contact.Id)));
            List<PeerId> asked = [];
            while (!lookup.IsDone)
            {
                while (lookup.TryNext(out PeerInfo? next))
                {
                    asked.Add(next.Id);
                }

                int which = random.Next(asked.Count);
                PeerId peer = asked[which];
                asked.RemoveAt(which);
                if (gone.Contains(peer))
                {
                    lookup.Failed(peer);
                }
                else
                {
                    lookup.Answered(peer, [.. tables[peer].Closest(target, 20).Where(contact => contact.Id != peers[0]).Select(contact => Samples.Info(contact.Id))]);
                }
            }

            Comparer<PeerId> nearer = Comparer<PeerId>.Create((left, right) => target.CompareDistance(KadKey.Of(left), KadKey.Of(right)));
            PeerId[] truth = [.. peers.Skip(1).Where(peer => !gone.Contains(peer)).Order(nearer).Take(20)];
            PeerId[] found = [.. lookup.Closest.Select(candidate => candidate.Peer.Id)];
            Assert.Equal(found.Order(nearer), found);
            int hits = found.Intersect(truth).Count();
            if (dead == 0)
            {
                // A lookup ends when the three closest have answered: those are found always, and of the others one may stand in a bucket that was full.
                Assert.Equal(truth[..3], found[..3]);
                Assert.InRange(hits, 19, 20);
            }

            total += hits;
        }

        // Nobody has noticed yet who died: tables full of the dead hide some of the living.
        Assert.InRange(total, Rounds * 14, Rounds * 20);      // least of 36 seeds: 15.6 a round
    }
}

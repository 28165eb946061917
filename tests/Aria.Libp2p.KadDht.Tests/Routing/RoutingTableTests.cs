using Aria.Libp2p.KadDht.Routing;
using Aria.Testing;

namespace Aria.Libp2p.KadDht.Tests.Routing;

public sealed class RoutingTableTests
{
    private static readonly PeerId Self = Samples.Peer(0);

    private static RoutingTable Table(int bucketSize = 20) => new(Self, bucketSize, maxPerGroupInBucket: 2, maxPerGroupInTable: 3);

    private static int Bucket(PeerId peer) => KadKey.Of(Self).CommonPrefixLength(KadKey.Of(peer));

    private static PeerId[] InBucket(int bucket, int count) =>
        [.. Enumerable.Range(1, int.MaxValue).Select(Samples.Peer).Where(peer => Bucket(peer) == bucket).Take(count)];

    [Fact]
    public void ItNeverHoldsItself_AndNobodyTwice()
    {
        RoutingTable table = Table();
        Assert.Equal(AddOutcome.Self, table.Add(Samples.Contact(Self)));
        Assert.Equal(AddOutcome.Added, table.Add(Samples.Contact(Samples.Peer(1))));
        Assert.Equal(AddOutcome.Known, table.Add(Samples.Contact(Samples.Peer(1))));
        Assert.Equal(1, table.Count);
        Assert.False(table.Remove(Self));
    }

    [Fact]
    public void AFullBucket_KeepsWhoWasThere_AndTheLatestOfTheWaitingFollowsWhoLeaves()
    {
        RoutingTable table = Table(bucketSize: 3);
        PeerId[] peers = InBucket(0, 6);
        Assert.Equal(
            [AddOutcome.Added, AddOutcome.Added, AddOutcome.Added, AddOutcome.Waiting, AddOutcome.Waiting, AddOutcome.Waiting],
            peers.Select(peer => table.Add(Samples.Contact(peer))));
        Assert.True(table.Remove(peers[1]));
        Assert.Equal(3, table.Count);
        Assert.True(table.Contains(peers[5]));
        Assert.True(table.Contains(peers[0]) && table.Contains(peers[2]));
        Assert.False(table.Contains(peers[3]));
        Assert.Equal(AddOutcome.Added, Table(3).Add(Samples.Contact(InBucket(1, 1)[0])));
    }

    [Fact]
    public void OneIpGroup_TakesFewPlaces()
    {
        RoutingTable table = Table();
        PeerId[] far = InBucket(0, 3);
        PeerId[] near = InBucket(1, 2);
        Assert.Equal(AddOutcome.Added, table.Add(Samples.Contact(far[0], "/ip4/203.0.113.1/tcp/1")));
        Assert.Equal(AddOutcome.Added, table.Add(Samples.Contact(far[1], "/ip4/203.0.113.2/tcp/1")));
        Assert.Equal(AddOutcome.GroupFull, table.Add(Samples.Contact(far[2], "/ip4/203.0.113.3/tcp/1")));
        Assert.Equal(AddOutcome.Added, table.Add(Samples.Contact(near[0], "/ip4/203.0.113.4/tcp/1", "/ip4/198.51.100.1/tcp/1")));
        Assert.Equal(AddOutcome.GroupFull, table.Add(Samples.Contact(near[1], "/ip4/203.0.113.5/tcp/1")));
        Assert.True(table.Remove(far[0]));
        Assert.Equal(AddOutcome.Added, table.Add(Samples.Contact(near[1], "/ip4/203.0.113.5/tcp/1")));
    }

    [Fact]
    public void ManyPeersOfOneMachine_AreWelcomeOnLoopback()
    {
        RoutingTable table = Table();
        Assert.All(Enumerable.Range(1, 40), number => table.Add(Samples.Contact(Samples.Peer(number), $"/ip4/127.0.0.1/tcp/{number}")));
        Assert.InRange(table.Count, 30, 40);
    }

    [Fact]
    public void Closest_IsWhatSortingEverythingGives_WhateverWasAddedAndRemoved()
    {
        Random random = TestSeed.Random();
        RoutingTable table = Table(bucketSize: 8);
        List<PeerId> offered = [];
        for (int step = 0; step < 3_000; step++)
        {
            if (random.Next(3) > 0 || offered.Count == 0)
            {
                offered.Add(Samples.Peer(random));
                table.Add(Samples.Contact(offered[^1]));
            }
            else
            {
                table.Remove(offered[random.Next(offered.Count)]);
            }

            if (step % 50 == 0)
            {
                PeerId[] held = [.. offered.Where(table.Contains)];
                Assert.Equal(held.Length, table.Count);
                Assert.All(held.GroupBy(Bucket), bucket => Assert.True(bucket.Count() <= 8));
                foreach (PeerId targeted in (PeerId[])[Self, Samples.Peer(random), offered[random.Next(offered.Count)]])
                {
                    KadKey target = KadKey.Of(targeted);
                    int count = random.Next(1, 25);
                    Assert.Equal(
                        held.Order(Comparer<PeerId>.Create((left, right) => target.CompareDistance(KadKey.Of(left), KadKey.Of(right)))).Take(count),
                        table.Closest(target, count).Select(contact => contact.Id));
                }
            }
        }
    }
}

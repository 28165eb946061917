using Aria.Libp2p.KadDht.Regions;
using Aria.Libp2p.KadDht.Routing;
using Aria.Testing;

namespace Aria.Libp2p.KadDht.Tests.Regions;

public sealed class KeyRegionTests
{
    private const int K = 20;
    private static readonly KadKey Target = KadKey.Of("/ariatest/somewhere"u8);

    [Theory]
    [InlineData(null)]
    [InlineData(39.0)]
    public void AnUnknownOrSmallNetwork_HasNone(double? size) => Assert.Null(KeyRegion.Around(Target, size, K));

    [Theory]
    [InlineData(40)]
    [InlineData(1000)]
    [InlineData(10_000)]
    public void ItHoldsHalfOfK_OfPeersSpreadEvenly(int size)
    {
        Random random = TestSeed.Random();
        KeyRegion region = KeyRegion.Around(Target, size, K)!.Value;
        const int Rounds = 40;
        int inside = Enumerable.Range(0, Rounds * size).Count(_ => region.Contains(KadKey.Of(Samples.Peer(random))));
        Assert.InRange(inside / (double)Rounds, 7, 13);         // 10 are expected: 6 standard deviations
    }

    [Fact]
    public void ItsParts_ReachFromTheRimInwards()
    {
        Random random = TestSeed.Random();
        KeyRegion region = KeyRegion.Around(Target, 1000, K)!.Value;       // a hundredth of the space: six bits are shared at the rim
        Assert.Equal([6, 7, 8, 9], region.Sweep(random.NextBytes).Select(key => KadKey.Of(key).CommonPrefixLength(Target)));
    }

    [Fact]
    public void ItIsSeen_WhereTheClosestReachBeyondIt()
    {
        Random random = TestSeed.Random();
        global::Aria.Libp2p.KadDht.Lookups.Candidate[] candidates =
        [
            .. Enumerable.Range(0, 2000).Select(_ => Samples.Info(Samples.Peer(random))).Select(peer => new global::Aria.Libp2p.KadDht.Lookups.Candidate(peer, KadKey.Of(peer.Id), 1))
                .OrderBy(candidate => candidate.Key, Comparer<KadKey>.Create(Target.CompareDistance)).Take(K),
        ];
        Assert.True(KeyRegion.Around(Target, 20_000, K)!.Value.IsSeenBy(candidates, K));      // one is to be expected in it
        Assert.True(KeyRegion.Around(Target, 40, K)!.Value.IsSeenBy(candidates[..19], K));
        Assert.False(KeyRegion.Around(Target, 100, K)!.Value.IsSeenBy(candidates, K));      // twenty times as dense as it should be
    }
}

using Aria.Libp2p.KadDht.Routing;
using Aria.Testing;

namespace Aria.Libp2p.KadDht.Tests.Routing;

public sealed class NetworkSizeEstimateTests
{
    private const int K = 20;
    private const int Networks = 9;

    private static KadKey Random(Random random)
    {
        byte[] bytes = new byte[32];
        random.NextBytes(bytes);
        return KadKey.FromBytes(bytes);
    }

    private static void Look(NetworkSizeEstimate estimate, KadKey target, KadKey[] peers) =>
        estimate.Add(target, [.. peers.Order(Comparer<KadKey>.Create(target.CompareDistance)).Take(K)]);

    // Where few peers happen to stand unevenly, every lookup is off by the same share: no estimate can see that, so the middle one of several networks is held against the truth.
    [Theory]
    [InlineData(50)]
    [InlineData(3000)]
    public void ItIsNearTheTruth_AndManyPeersAroundOneKeyDoNotSwayIt(int size)
    {
        Random random = TestSeed.Random(7);
        double[] shares = [.. Enumerable.Range(0, Networks).Select(_ => ShareOfTruth(random, size))];
        Assert.InRange(shares.Order().ElementAt(Networks / 2), 0.75, 1.35);
    }

    [Fact]
    public void FewPeersOrFewLookups_SayNothing()
    {
        Random random = TestSeed.Random();
        NetworkSizeEstimate estimate = new(K);
        KadKey[] peers = [.. Enumerable.Range(0, 100).Select(_ => Random(random))];
        for (int i = 0; i < 3; i++)
        {
            Look(estimate, Random(random), peers);
            estimate.Add(Random(random), peers[..19]);
        }

        Assert.Null(estimate.Value);
        Look(estimate, Random(random), peers);
        Assert.NotNull(estimate.Value);
    }

    // The estimate of a network of this size to the size; that the many peers do not sway it is claimed of each network.
    private static double ShareOfTruth(Random random, int size)
    {
        KadKey[] peers = [.. Enumerable.Range(0, size).Select(_ => Random(random))];
        NetworkSizeEstimate estimate = new(K);
        for (int i = 0; i < 31; i++)
        {
            Look(estimate, Random(random), peers);
        }

        double before = estimate.Value!.Value;
        KadKey attacked = Random(random);
        Look(estimate, attacked, [.. Enumerable.Repeat(attacked, K)]);      // as many peers as would fill the universe
        Assert.InRange(estimate.Value!.Value / before, 0.8, 1.25);
        return before / size;
    }
}

using Aria.Libp2p.KadDht.Routing;

namespace Aria.Libp2p.KadDht.Regions;

/// <summary>
/// Which peers are among the k closest to a key with a probability of at least 0.9, before a lookup has ended: of a network of N, so near to the key that fewer
/// than k others are to be expected nearer. They can be told at once (optimistic provide, specs/dht.md §8).
/// </summary>
internal sealed class LikelyHolders(KadKey target, double networkSize, int k)
{
    private const double Certainty = 0.9;
    private const double Slack = 1.25;      // nine of ten true sets lie within it

    /// <summary>Whether k peers stand as near as the k closest should: the i-th is to be expected at i / N.</summary>
    public bool AreAll(IReadOnlyList<KadKey> peers) =>
        peers.Count == k && peers.Average(target.DistanceTo) * networkSize <= Slack * (k + 1) / 2;

    public bool Contains(KadKey peer) => ProbabilityOfFewer(networkSize * target.DistanceTo(peer)) >= Certainty;

    // Peers nearer than a distance are Poisson distributed: the probability of at most k - 1.
    private double ProbabilityOfFewer(double expected)
    {
        double term = Math.Exp(-expected), sum = term;
        for (int i = 1; i < k; i++)
        {
            term *= expected / i;
            sum += term;
        }

        return sum;
    }
}

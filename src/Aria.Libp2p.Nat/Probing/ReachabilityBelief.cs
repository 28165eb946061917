using System.Collections.Immutable;

namespace Aria.Libp2p.Nat.Probing;

/// <summary>What a peer believes of itself, and what it tells others because of it (specs/nat.md §2.4). Decides alone.</summary>
/// <param name="Overall">Of the peer as a whole.</param>
/// <param name="Reached">Its addresses that others can reach, without <c>/p2p</c>; among them may be one of its NAT.</param>
/// <param name="NotReached">Those that they cannot.</param>
public sealed record ReachabilityBelief(Reachability Overall, ImmutableArray<Multiaddress> Reached, ImmutableArray<Multiaddress> NotReached)
{
    /// <summary>Before anybody was asked.</summary>
    public static ReachabilityBelief None { get; } = new(Reachability.Unknown, [], []);

    /// <summary>The addresses to tell others, of those that the peer listens on.</summary>
    public IEnumerable<Multiaddress> Announced(IReadOnlyList<Multiaddress> listened)
    {
        ArgumentNullException.ThrowIfNull(listened);
        return Overall switch
        {
            Reachability.Public when !Reached.IsEmpty => Reached,
            Reachability.Private when listened.Any(address => address.IsRelayed) => listened.Where(address => address.IsRelayed),
            Reachability.Private => listened.Where(address => !NotReached.Contains(address.WithoutPeer())),
            _ => listened,
        };
    }

    /// <summary>The belief after a round: a peer that was found out of reach stays so until one of its addresses is reached, though others of them are new.</summary>
    internal ReachabilityBelief After(AddressConfidence confidence, Multiaddress[] asked)
    {
        Reachability overall = confidence.Overall;
        return new(
            overall == Reachability.Unknown && Overall == Reachability.Private ? Reachability.Private : overall,
            Those(Reachability.Public), Those(Reachability.Private));

        ImmutableArray<Multiaddress> Those(Reachability belief) => [.. confidence.ThoseOf(belief).OrderBy(address => Array.IndexOf(asked, address))];
    }

    /// <inheritdoc/>
    public bool Equals(ReachabilityBelief? other) =>
        other is not null && Overall == other.Overall && Reached.SequenceEqual(other.Reached) && NotReached.SequenceEqual(other.NotReached);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Overall, Reached.Length, NotReached.Length);
}

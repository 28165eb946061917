namespace Aria.Libp2p.Connections;

/// <summary>
/// Which connections end when there are more than enough: those of nobody that is protected, older than the grace and without a stream, the longest idle first, until
/// <paramref name="lowWater"/> are left. Nothing happens up to <paramref name="highWater"/>. A pure decision.
/// </summary>
internal sealed class Pruning(int lowWater, int highWater, TimeSpan grace)
{
    public IReadOnlyList<T> Choose<T>(IReadOnlyCollection<T> connections, Func<T, TimeSpan?> idleFor, Func<T, TimeSpan> age, Func<T, bool> isProtected) =>
        connections.Count <= highWater ? [] :
        [
            .. connections
                .Where(one => age(one) >= grace && !isProtected(one) && idleFor(one) is not null)
                .OrderByDescending(one => idleFor(one))
                .Take(connections.Count - lowWater),
        ];
}

using System.Collections.Frozen;

namespace Aria.Scheduling;

/// <summary>A measured link: microseconds that a message takes one way.</summary>
public readonly record struct Link(NodeId From, NodeId To, long Microseconds);

/// <summary>
/// One-way times between nodes, immutable. A link that nobody measured counts as the 90th percentile of those that were: neither
/// free, which would draw plans to strangers, nor infinite, which would never let a stranger be tried (specs/scheduling.md §3).
/// </summary>
public sealed class LinkTable
{
    /// <summary>What an unknown link counts as when no link is known, in microseconds.</summary>
    public const long DefaultMicroseconds = 10_000;

    private readonly FrozenDictionary<(NodeId From, NodeId To), long> _known;

    /// <summary>Copies <paramref name="known"/>; of links given twice the last counts, and a node's link to itself is left out.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A time outside 0..<see cref="StepCost.MaxMicroseconds"/>.</exception>
    public LinkTable(IEnumerable<Link> known)
    {
        Dictionary<(NodeId, NodeId), long> table = [];
        foreach ((NodeId from, NodeId to, long microseconds) in known)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(microseconds, nameof(known));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(microseconds, StepCost.MaxMicroseconds, nameof(known));
            if (from != to)
            {
                table[(from, to)] = microseconds;
            }
        }

        _known = table.ToFrozenDictionary();
        UnknownMicroseconds = NinetiethPercentile([.. table.Values]);
    }

    /// <summary>Nothing measured yet.</summary>
    public static LinkTable Empty { get; } = new([]);

    /// <summary>What a link that is not in the table counts as.</summary>
    public long UnknownMicroseconds { get; }

    /// <summary>Microseconds from one node to another; a node reaches itself at once.</summary>
    public long Between(NodeId from, NodeId to) =>
        from == to ? 0
        : _known.TryGetValue((from, to), out long microseconds) ? microseconds
        : UnknownMicroseconds;

    // Nearest rank: the smallest value that at least nine tenths of the values do not exceed.
    private static long NinetiethPercentile(long[] values)
    {
        if (values.Length == 0)
        {
            return DefaultMicroseconds;
        }

        Array.Sort(values);
        return values[(((9 * values.Length) + 9) / 10) - 1];
    }
}

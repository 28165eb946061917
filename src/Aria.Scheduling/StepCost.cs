namespace Aria.Scheduling;

/// <summary>What one decode step costs on a node, in whole microseconds: claims clamped by measurements, or measurements.</summary>
public readonly record struct StepCost
{
    /// <summary>Largest value of a component: an hour. It keeps every sum of a plan far below 2^63.</summary>
    public const long MaxMicroseconds = 3_600_000_000;

    /// <summary>The only way in.</summary>
    /// <param name="overhead">Microseconds that a stage costs before its first unit.</param>
    /// <param name="perLayer">Microseconds of one layer.</param>
    /// <param name="head">Microseconds of the head.</param>
    /// <exception cref="ArgumentOutOfRangeException">A component outside 0..<see cref="MaxMicroseconds"/>.</exception>
    public StepCost(long overhead, long perLayer, long head)
    {
        Overhead = Checked(overhead, nameof(overhead));
        PerLayer = Checked(perLayer, nameof(perLayer));
        Head = Checked(head, nameof(head));
    }

    /// <summary>Microseconds that a stage costs before its first unit.</summary>
    public long Overhead { get; }

    /// <summary>Microseconds of one layer.</summary>
    public long PerLayer { get; }

    /// <summary>Microseconds of the head.</summary>
    public long Head { get; }

    /// <summary>Microseconds of one step through <paramref name="part"/>; the embedding costs nothing of its own.</summary>
    public long Of(StageSpan part) => Overhead + (part.Layers.Count * PerLayer) + (part.Head ? Head : 0);

    private static long Checked(long value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MaxMicroseconds, name);
        return value;
    }
}

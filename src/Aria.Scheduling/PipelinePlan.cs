using System.Collections.Immutable;

namespace Aria.Scheduling;

/// <summary>One stage of a plan: what the node runs of what it serves.</summary>
public sealed record PlannedStage(NodeId Node, StageSpan Span)
{
    /// <summary><c>9f86d081:E[0,4)</c></summary>
    public override string ToString() => $"{Node.ToString()[..8]}:{Span}";
}

/// <summary>
/// Stages in the order in which activations pass them: together the embedding, every layer once and the head; neighbours are
/// different nodes.
/// </summary>
/// <param name="Stages">At least one.</param>
/// <param name="Microseconds">What one decode step is expected to take, from the requester back to the requester.</param>
public sealed record PipelinePlan(ImmutableArray<PlannedStage> Stages, long Microseconds)
{
    /// <summary>Equal stages and equal expected time.</summary>
    public bool Equals(PipelinePlan? other) =>
        other is not null && Microseconds == other.Microseconds && Stages.SequenceEqual(other.Stages);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Microseconds, Stages.Length, Stages[0]);

    /// <summary><c>9f86d081:E[0,4) → 60303ae2:[4,8)H (1234 µs)</c></summary>
    public override string ToString() => $"{string.Join(" → ", Stages)} ({Microseconds} µs)";
}

using Aria.Provenance.Records;
using Aria.Scheduling;

namespace Aria.Node.Generation;

/// <summary>A generation that began and could not go on, or could not begin.</summary>
public abstract class GenerationException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The job.</summary>
    public JobId Job { get; internal set; }

    /// <summary>The record of what was tried, if there was anything to record.</summary>
    public RecordId? Record { get; internal set; }

    /// <summary>The record's place in this node's log.</summary>
    public long? LedgerIndex { get; internal set; }
}

/// <summary>No pipeline covers the model, from the start or after nodes were lost.</summary>
public sealed class NoRouteException(PlanResult.Uncovered uncovered) : GenerationException($"No node serves {uncovered.Missing} of the model.")
{
    /// <summary>What nobody serves.</summary>
    public PlanResult.Uncovered Uncovered { get; } = uncovered;
}

/// <summary>Pipelines exist, but every attempt failed, the nodes are all busy, or the time ran out.</summary>
public sealed class GenerationFailedException(string reason, int attempts, Exception? innerException = null) : GenerationException(reason, innerException)
{
    /// <summary>Attempts that were made.</summary>
    public int Attempts { get; } = attempts;
}

/// <summary>As many generations run and wait as this node allows.</summary>
public sealed class QueueFullException(int running, int waiting) : Exception($"{running} generations run and {waiting} wait; no more are taken.")
{
    /// <summary>Generations that run.</summary>
    public int Running { get; } = running;

    /// <summary>Generations that wait.</summary>
    public int Waiting { get; } = waiting;
}

using System.Collections.Immutable;

namespace Aria.Pipeline;

/// <summary>An attempt cannot begin or go on. The next plan does without <see cref="Lost"/>.</summary>
public sealed class PipelineFaultException(ImmutableArray<StageFailure> failures)
    : Exception($"The pipeline is broken: {string.Join("; ", failures)}.")
{
    /// <summary>Who failed and how; at least one.</summary>
    public ImmutableArray<StageFailure> Failures { get; } = failures;

    /// <summary>The nodes of <see cref="Failures"/>, each once.</summary>
    public IReadOnlyList<NodeId> Lost { get; } = [.. failures.Select(failure => failure.Node).Distinct()];

    /// <summary>A sentence for the record and the log.</summary>
    public string Reason => string.Join("; ", Failures);
}

namespace Aria.Audit;

/// <summary>
/// Where an audit gets a stage's trace (specs/provenance.md §7): from its node, or from disk. Its bytes are believed only if the receipt commits to them. Null: it
/// cannot be had.
/// </summary>
public delegate Task<ReadOnlyMemory<byte>?> TraceSource(NodeId node, JobId job, int epoch, int stage, CancellationToken cancellationToken);

namespace Aria.Provenance.Plans;

/// <summary>What one node runs in a plan.</summary>
public readonly record struct PlanStage(NodeId Node, StageSpan Span);

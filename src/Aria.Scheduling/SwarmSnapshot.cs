using System.Collections.Immutable;

namespace Aria.Scheduling;

/// <summary>A part of the model that a node offers to run, what a step through it costs there, and for how many positions it has KV room.</summary>
public sealed record ServedSpan(NodeId Node, StageSpan Span, StepCost Cost, int MaxPositions);

/// <summary>What a requester knows about the nodes that serve one model, at one moment.</summary>
/// <param name="Model">The model that all spans belong to.</param>
/// <param name="Layers">The model's layers, at least one.</param>
/// <param name="Requester">The node that sends the tokens and receives the candidates; it may serve spans itself.</param>
/// <param name="Spans">In any order; a node may offer several.</param>
/// <param name="Links">One-way times.</param>
public sealed record SwarmSnapshot(
    ModelId Model, int Layers, NodeId Requester, ImmutableArray<ServedSpan> Spans, LinkTable Links);

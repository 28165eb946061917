using Aria.Scheduling;

namespace Aria.Discovery;

/// <summary>One span of one model that a node serves (specs/discovery.md §2). A node serves several spans with several entries.</summary>
/// <param name="Model">The model.</param>
/// <param name="Name">What people call the model; text of 1 to 64 bytes of UTF-8.</param>
/// <param name="NumericSpec">The id of the numeric rules that the node computes by; text of 1 to 64 bytes.</param>
/// <param name="Layers">Layers of the whole model.</param>
/// <param name="Span">What is served of it.</param>
/// <param name="Cost">What one decode step costs, as the node claims.</param>
/// <param name="KvPositions">Positions for which the node has KV room.</param>
public sealed record ServedModel(ModelId Model, string Name, string NumericSpec, int Layers, StageSpan Span, StepCost Cost, int KvPositions);

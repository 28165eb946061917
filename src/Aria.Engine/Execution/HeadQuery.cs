using Aria.Engine.Sampling;

namespace Aria.Engine.Execution;

/// <summary>What is asked of the head for one row.</summary>
/// <param name="Candidates">How many of the best tokens; at most as many as there are.</param>
/// <param name="Adjustment">Of the logits, before they are ranked (specs/sampling.md §5); null is none.</param>
/// <param name="WantsLogSum">Whether the log-sum of all adjusted logits is wanted, for which the whole head is computed (specs/sampling.md §6).</param>
public readonly record struct HeadQuery(int Candidates, LogitAdjustment? Adjustment = null, bool WantsLogSum = false);

/// <summary>What the head gave for one row besides candidates.</summary>
/// <param name="LogSum">0 where it was not wanted.</param>
/// <param name="Failure">Null, or why the candidates mean nothing.</param>
public readonly record struct HeadOutcome(float LogSum, NonFiniteException? Failure);

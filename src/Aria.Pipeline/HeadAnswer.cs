namespace Aria.Pipeline;

/// <summary>What the head's owner says of one position.</summary>
/// <param name="Candidates">In their order.</param>
/// <param name="LogSum">The logarithm of the sum of all tokens' weights, where the plan wants it (specs/sampling.md §6).</param>
public readonly record struct HeadAnswer(ReadOnlyMemory<Candidate> Candidates, float? LogSum);

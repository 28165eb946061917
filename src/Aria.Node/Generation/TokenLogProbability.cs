using System.Collections.Immutable;

namespace Aria.Node.Generation;

/// <summary>How probable a token of the answer was, before temperature and after penalties and biases (specs/sampling.md §6).</summary>
/// <param name="Token">The token.</param>
/// <param name="TextOffset">Where its text begins in the answer, in Unicode code points.</param>
/// <param name="LogProbability">The natural logarithm of its probability.</param>
/// <param name="Best">The most probable tokens at its place, as many as were asked for, the best first; it need not be among them.</param>
public sealed record TokenLogProbability(uint Token, long TextOffset, double LogProbability, ImmutableArray<RankedToken> Best);

/// <summary>One of the most probable tokens.</summary>
public readonly record struct RankedToken(uint Token, double LogProbability);

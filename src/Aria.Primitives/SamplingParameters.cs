namespace Aria;

/// <summary>
/// How a token is chosen from the head's ordered candidates, and what the head adds to logits before it ranks them (specs/sampling.md). Temperature 0 is greedy.
/// </summary>
/// <param name="Temperature">0 to 2.</param>
/// <param name="TopK">Candidates kept, 1 to 256; 0 keeps all that the head returned.</param>
/// <param name="TopP">Probability mass kept, in (0, 1].</param>
/// <param name="Seed">Used as given.</param>
public readonly record struct SamplingParameters(float Temperature, int TopK, float TopP, ulong Seed)
{
    /// <summary>Most candidates the head ever returns.</summary>
    public const int MaxCandidates = 256;

    /// <summary>Most candidates whose log-probabilities can be asked for.</summary>
    public const int MaxLogProbabilities = 20;

    /// <summary>The best token always.</summary>
    public static SamplingParameters Greedy { get; } = new(0f, 0, 1f, 0);

    /// <summary>Candidates are kept that are at least this share as probable as the best, in [0, 1]; 0 keeps all.</summary>
    public float MinP { get; init; }

    /// <summary>Added to logits by the head's owner.</summary>
    public LogitBiases Biases { get; init; }

    /// <summary>What the head's owner does to logits of tokens that stand already.</summary>
    public RepetitionPenalties Penalties { get; init; } = RepetitionPenalties.None;

    /// <summary>How many candidates' log-probabilities are wanted, up to <see cref="MaxLogProbabilities"/>; 0: none, and no log-sum.</summary>
    public int LogProbabilities { get; init; }

    /// <summary>Whether the head's answer tells the log-sum of all logits.</summary>
    public bool WantsLogSum => LogProbabilities > 0;

    /// <summary>Whether the head's owner must know the tokens.</summary>
    public bool CountsTokens => !Penalties.IsNone;

    /// <summary>Whether the best token always wins.</summary>
    public bool IsGreedy => Temperature == 0f;

    /// <summary>How many candidates the head must return: when greedy 1, or as many as log-probabilities are wanted of, else <see cref="MaxCandidates"/>.</summary>
    public int CandidateCount => IsGreedy ? Math.Max(1, LogProbabilities) : MaxCandidates;

    /// <summary>Whether every number is in its range.</summary>
    public bool IsValid =>
        Temperature is >= 0 and <= 2 && TopK is >= 0 and <= MaxCandidates && TopP is > 0 and <= 1 && MinP is >= 0 and <= 1
        && Penalties.IsValid && LogProbabilities is >= 0 and <= MaxLogProbabilities;
}

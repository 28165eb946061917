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

    /// <summary>The best token always.</summary>
    public static SamplingParameters Greedy { get; } = new(0f, 0, 1f, 0);

    /// <summary>Candidates are kept that are at least this share as probable as the best, in [0, 1]; 0 keeps all.</summary>
    public float MinP { get; init; }

    /// <summary>Added to logits by the head's owner.</summary>
    public LogitBiases Biases { get; init; }

    /// <summary>Whether the best token always wins.</summary>
    public bool IsGreedy => Temperature == 0f;

    /// <summary>How many candidates the head must return: 1 when greedy, else <see cref="MaxCandidates"/>.</summary>
    public int CandidateCount => IsGreedy ? 1 : MaxCandidates;

    /// <summary>Whether every number is in its range.</summary>
    public bool IsValid =>
        Temperature is >= 0 and <= 2 && TopK is >= 0 and <= MaxCandidates && TopP is > 0 and <= 1 && MinP is >= 0 and <= 1;
}

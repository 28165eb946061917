namespace Aria.Pipeline.Frames;

/// <summary>How long frames' bodies are under a plan (specs/pipeline.md §3).</summary>
internal static class FrameBody
{
    private const int TokenBytes = 4;
    private const int CandidateBytes = 8;
    private const int LogSumBytes = 4;

    /// <summary>Most bytes of a position in any frame of a model of <paramref name="dim"/> values a row, whatever the plan.</summary>
    public static int MaxPositionBytes(int dim) => Math.Max((4 * dim) + TokenBytes, (CandidateBytes * SamplingParameters.MaxCandidates) + LogSumBytes);

    /// <summary>Bytes of a position in a residual frame: the row and, where the head's owner counts tokens, the token.</summary>
    public static int ResidualBytes(int dim, in SamplingParameters sampling) => (4 * dim) + (sampling.CountsTokens ? TokenBytes : 0);

    /// <summary>Bytes of a position in a candidates frame: the list and, where it is wanted, the log-sum.</summary>
    public static int AnswerBytes(int candidates, in SamplingParameters sampling) => (CandidateBytes * candidates) + (sampling.WantsLogSum ? LogSumBytes : 0);
}

namespace Aria.Engine.Sampling;

/// <summary>
/// What the head's owner does in one generation to logits before it ranks them: penalties for tokens that stand already, then biases (specs/sampling.md §5). It must be
/// told every token, in order of position. One caller at a time.
/// </summary>
/// <param name="penalties">Within the ranges that it documents.</param>
/// <param name="answerFrom">The answer's first position.</param>
/// <param name="biases">Those of tokens outside the vocabulary have no effect.</param>
public sealed class LogitAdjustment(RepetitionPenalties penalties, int answerFrom, LogitBiases biases)
{
    private readonly RepetitionPenalties _penalties =
        penalties.IsValid ? penalties : throw new ArgumentException($"Out of range: {penalties}.", nameof(penalties));

    private readonly TokenCounts? _counts = penalties.IsNone ? null : new(answerFrom);

    /// <summary>Nothing is done.</summary>
    public static LogitAdjustment None { get; } = new(RepetitionPenalties.None, 0, default);

    /// <summary>What a generation with these parameters asks for.</summary>
    public static LogitAdjustment Of(in SamplingParameters sampling, int answerFrom) => new(sampling.Penalties, answerFrom, sampling.Biases);

    /// <summary>Whether no logit can change, now or later.</summary>
    internal bool IsNone => _counts is null && biases.IsEmpty;

    /// <summary>Takes the tokens of the next positions; without penalties they are of no matter.</summary>
    public void Count(ReadOnlySpan<uint> tokens)
    {
        if (_counts is not null)
        {
            foreach (uint token in tokens)
            {
                _counts.Add(token);
            }
        }
    }

    /// <summary>Adjusts the logits of the whole vocabulary, or numbers that bound them: every step keeps the order of what it is applied to.</summary>
    /// <param name="logits">(vocabulary), finite, changed in place; one that overflows becomes an infinity.</param>
    internal void Apply(Span<float> logits)
    {
        if (_counts is not null)
        {
            foreach ((uint token, int count) in _counts)
            {
                if (token < (uint)logits.Length)
                {
                    logits[(int)token] = Penalised(logits[(int)token], count);
                }
            }
        }

        foreach (LogitBias bias in biases.Span)
        {
            if (bias.Token < (uint)logits.Length)
            {
                logits[(int)bias.Token] += bias.Bias;
            }
        }
    }

    /// <summary>Adjusts the logits of some tokens: those of <paramref name="tokens"/>, which ascend.</summary>
    internal void Apply(ReadOnlySpan<int> tokens, Span<float> logits)
    {
        for (int i = 0; _counts is not null && i < tokens.Length; i++)
        {
            if (_counts.TryGet((uint)tokens[i], out int count))
            {
                logits[i] = Penalised(logits[i], count);
            }
        }

        foreach (LogitBias bias in biases.Span)
        {
            if (bias.Token <= int.MaxValue && tokens.BinarySearch((int)bias.Token) is var at and >= 0)
            {
                logits[at] += bias.Bias;
            }
        }
    }

    private float Penalised(float logit, int count)
    {
        logit = logit > 0 ? logit / _penalties.Repetition : logit * _penalties.Repetition;
        float often = count * _penalties.Frequency;
        logit -= often;
        return count > 0 ? logit - _penalties.Presence : logit;
    }
}

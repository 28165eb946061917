using System.Runtime.InteropServices;

namespace Aria.Engine.Sampling;

/// <summary>What the head's owner does to logits before it ranks them: penalties for tokens that stand already, then biases (specs/sampling.md §5).</summary>
public static class LogitAdjustment
{
    /// <summary>Makes the tokens of <paramref name="history"/> less likely, or more.</summary>
    /// <param name="logits">(vocabulary), changed in place; one that overflows becomes an infinity.</param>
    /// <param name="history">Prompt and answer so far.</param>
    /// <param name="promptTokens">How many of them are the prompt.</param>
    /// <param name="penalties">Within the ranges that it documents.</param>
    /// <exception cref="ArgumentException">A penalty out of its range, a token outside the logits, or a prompt longer than the history.</exception>
    public static void Penalise(Span<float> logits, ReadOnlySpan<uint> history, int promptTokens, in RepetitionPenalties penalties)
    {
        if (!penalties.IsValid)
        {
            throw new ArgumentException($"Out of range: {penalties}.", nameof(penalties));
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)promptTokens, (uint)history.Length, nameof(promptTokens));
        Dictionary<uint, int> counts = [];      // of each token that stands: how often in the answer
        for (int i = 0; i < history.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(history[i], (uint)logits.Length, nameof(history));
            CollectionsMarshal.GetValueRefOrAddDefault(counts, history[i], out _) += i >= promptTokens ? 1 : 0;
        }

        foreach ((uint token, int count) in counts)
        {
            ref float logit = ref logits[(int)token];
            logit = logit > 0 ? logit / penalties.Repetition : logit * penalties.Repetition;
            float often = count * penalties.Frequency;
            logit -= often;
            logit -= count > 0 ? penalties.Presence : 0f;
        }
    }

    /// <summary>Adds biases; false where a sum is not finite.</summary>
    /// <param name="logits">(vocabulary), finite, changed in place.</param>
    /// <param name="biases">Those of tokens outside the vocabulary have no effect.</param>
    public static bool TryBias(Span<float> logits, LogitBiases biases)
    {
        foreach (LogitBias bias in biases.Span)
        {
            if (bias.Token < (uint)logits.Length)
            {
                logits[(int)bias.Token] += bias.Bias;
                if (!float.IsFinite(logits[(int)bias.Token]))
                {
                    return false;
                }
            }
        }

        return true;
    }
}

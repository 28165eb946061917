namespace Aria.Engine.Sampling;

/// <summary>The logarithm of the sum of all tokens' weights, from which log-probabilities follow (specs/sampling.md §6).</summary>
public static class LogSum
{
    /// <summary>ln Σ e^logit over the vocabulary, rounded to f32.</summary>
    /// <param name="logits">(vocabulary), finite, after penalties and biases; at least one.</param>
    /// <exception cref="ArgumentException">None, or one that is not finite.</exception>
    public static float Of(ReadOnlySpan<float> logits)
    {
        double best = double.NegativeInfinity;
        foreach (float logit in logits)
        {
            best = logit > best ? logit : best;
        }

        double sum = 0;
        foreach (float logit in logits)
        {
            if (!float.IsFinite(logit))
            {
                throw new ArgumentException("A logit is not finite.", nameof(logits));
            }

            sum += OrderedExp.Of(logit - best);
        }

        return logits.IsEmpty ? throw new ArgumentException("There is no logit.", nameof(logits)) : (float)(best + OrderedLog.Of(sum));
    }

    /// <summary>The natural logarithm of a candidate's probability.</summary>
    public static double LogProbability(Candidate candidate, float logSum) => (double)candidate.Logit - logSum;
}

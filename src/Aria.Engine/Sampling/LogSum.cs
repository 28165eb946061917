namespace Aria.Engine.Sampling;

/// <summary>The logarithm of the sum of all tokens' weights, from which log-probabilities follow (specs/sampling.md §6).</summary>
public static class LogSum
{
    private const int BlockLogits = 256;

    /// <summary>ln Σ e^logit over the vocabulary, rounded to f32.</summary>
    /// <param name="logits">(vocabulary), finite, after penalties and biases; at least one.</param>
    /// <exception cref="ArgumentException">None, or one that is not finite.</exception>
    public static float Of(ReadOnlySpan<float> logits)
    {
        float best = float.NegativeInfinity;
        foreach (float logit in logits)
        {
            best = logit > best ? logit : best;
            if (!float.IsFinite(logit))
            {
                throw new ArgumentException("A logit is not finite.", nameof(logits));
            }
        }

        return logits.IsEmpty ? throw new ArgumentException("There is no logit.", nameof(logits)) : (float)(best + OrderedLog.Of(Sum(logits, best)));
    }

    /// <summary>The natural logarithm of a candidate's probability.</summary>
    public static double LogProbability(Candidate candidate, float logSum) => (double)candidate.Logit - logSum;

    // Weights come in blocks, because a vector gives several at once; they are added one by one.
    private static double Sum(ReadOnlySpan<float> logits, double best)
    {
        Span<double> block = stackalloc double[BlockLogits];
        double sum = 0;
        for (int at = 0; at < logits.Length; at += BlockLogits)
        {
            Span<double> weights = block[..Math.Min(BlockLogits, logits.Length - at)];
            for (int i = 0; i < weights.Length; i++)
            {
                weights[i] = logits[at + i] - best;
            }

            OrderedExp.OfEach(weights);
            foreach (double weight in weights)
            {
                sum += weight;
            }
        }

        return sum;
    }
}

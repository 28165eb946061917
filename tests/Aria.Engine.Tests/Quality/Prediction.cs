namespace Aria.Engine.Tests.Quality;

/// <summary>What a model says after a token of a given text.</summary>
/// <param name="Best">The token with the highest logit; of equals the lowest.</param>
/// <param name="Margin">Its logit less the second best's.</param>
/// <param name="LogProbability">Of the token that follows in the text.</param>
internal readonly record struct Prediction(uint Best, double Margin, double LogProbability)
{
    public static Prediction Of(IReadOnlyList<double> logits, uint next)
    {
        int best = -1;
        double first = double.NegativeInfinity, second = double.NegativeInfinity;
        for (int token = 0; token < logits.Count; token++)
        {
            if (logits[token] > first)
            {
                (best, second, first) = (token, first, logits[token]);
            }
            else if (logits[token] > second)
            {
                second = logits[token];
            }
        }

        double sum = logits.Sum(logit => Math.Exp(logit - first));
        return new((uint)best, first - second, logits[(int)next] - first - Math.Log(sum));
    }
}

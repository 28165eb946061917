namespace Aria.Engine.Tests.Quality;

/// <summary>An engine's predictions beside a reference's, over the same positions.</summary>
internal sealed record Agreement(int Positions, int Clear, int Equal, double Perplexity, double ReferencePerplexity)
{
    /// <summary>From here on the reference's best token is beyond doubt.</summary>
    public const double ClearMargin = 0.5;

    public double ClearShare => (double)Clear / Positions;

    public double EqualShare => (double)Equal / Clear;

    public double PerplexityDifference => Math.Abs((Perplexity / ReferencePerplexity) - 1);

    public static Agreement Of(IReadOnlyCollection<Prediction> ours, IReadOnlyCollection<Prediction> reference)
    {
        Assert.Equal(reference.Count, ours.Count);
        (Prediction Ours, Prediction Reference)[] clear = [.. ours.Zip(reference).Where(pair => pair.Second.Margin >= ClearMargin)];
        static double PerplexityOf(IEnumerable<Prediction> all) => Math.Exp(-all.Average(one => one.LogProbability));
        return new(ours.Count, clear.Length, clear.Count(pair => pair.Ours.Best == pair.Reference.Best), PerplexityOf(ours), PerplexityOf(reference));
    }

    public override string ToString() => FormattableString.Invariant(
        $"{Positions} positions, {ClearShare:P1} of them with a margin of {ClearMargin} or more, {EqualShare:P2} of those with the same best token; perplexity {Perplexity:0.0000} and {ReferencePerplexity:0.0000}, {PerplexityDifference:P3} apart");
}

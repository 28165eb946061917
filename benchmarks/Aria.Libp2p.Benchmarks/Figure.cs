namespace Aria.Libp2p.Benchmarks;

/// <summary>One measured quantity: a sample of each round, ours and, where it is measured too, the js one's, and what is asked of it.</summary>
internal sealed record Figure(string Name, string Unit, Goal Goal, IReadOnlyList<double> Ours, IReadOnlyList<double> Js)
{
    public double OursMedian => Median(Ours);

    public double? JsMedian => Js.Count == 0 ? null : Median(Js);

    /// <summary>What the goal is about: the ratio of the medians, or our median.</summary>
    public double Reached => Goal.IsRatio ? OursMedian / JsMedian!.Value : OursMedian;

    public bool IsMet => Goal.AtLeast ? Reached >= Goal.Value : Reached <= Goal.Value;

    private static double Median(IReadOnlyList<double> samples)
    {
        double[] sorted = [.. samples.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>A bound on a figure: on its ratio to the js one, or on itself in its unit.</summary>
internal sealed record Goal(bool AtLeast, double Value, bool IsRatio)
{
    public static Goal TimesJsAtLeast(double value) => new(true, value, true);

    public static Goal TimesJsAtMost(double value) => new(false, value, true);

    public static Goal AtMost(double value) => new(false, value, false);

    public override string ToString() => FormattableString.Invariant($"{(AtLeast ? "≥" : "≤")} {Value}{(IsRatio ? " × js" : "")}");
}

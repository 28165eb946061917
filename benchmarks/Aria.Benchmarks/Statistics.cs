namespace Aria.Benchmarks;

/// <summary>Middle and ends of samples.</summary>
internal sealed record Statistics(double Median, double Lowest, double Highest)
{
    /// <exception cref="ArgumentException">There is no value.</exception>
    public static Statistics Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0
            ? throw new ArgumentException("Nothing has no median.", nameof(values))
            : new((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, sorted[0], sorted[^1]);
    }
}

namespace Aria.Cli.Benchmarks;

/// <summary>The middle of a sample; of an even number, the mean of the two in the middle.</summary>
internal static class Median
{
    /// <exception cref="ArgumentException">There is no value.</exception>
    public static double Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0
            ? throw new ArgumentException("Nothing has no median.", nameof(values))
            : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}

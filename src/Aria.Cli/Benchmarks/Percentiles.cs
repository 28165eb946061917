namespace Aria.Cli.Benchmarks;

/// <summary>Nearest-rank percentiles: each is one of the values.</summary>
internal sealed record Percentiles(double P50, double P95, double P99)
{
    /// <exception cref="ArgumentException">There is no value.</exception>
    public static Percentiles Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0
            ? throw new ArgumentException("Nothing has no percentile.", nameof(values))
            : new(At(50), At(95), At(99));

        double At(int percent) => sorted[Math.Max(0, (int)Math.Ceiling(percent * sorted.Length / 100.0) - 1)];
    }
}

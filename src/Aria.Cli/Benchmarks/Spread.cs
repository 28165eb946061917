namespace Aria.Cli.Benchmarks;

/// <summary>How far the samples of one figure lie apart.</summary>
/// <param name="Lowest">Of the samples.</param>
/// <param name="Highest">Of the samples.</param>
/// <param name="Relative">Their distance as a part of the median.</param>
internal sealed record Spread(double Lowest, double Highest, double Relative)
{
    /// <exception cref="ArgumentException">There is no value.</exception>
    public static Spread Of(IReadOnlyCollection<double> values)
    {
        double median = Median.Of(values);
        return new(values.Min(), values.Max(), median == 0 ? 0 : (values.Max() - values.Min()) / median);
    }
}

using Aria.Benchmarks.Contenders;

namespace Aria.Benchmarks;

/// <summary>
/// Contenders by turns: A B C, A B C, … so that what the machine does meanwhile reaches all of them alike. Compared are medians, and the ratios within each round beside them.
/// </summary>
internal sealed class Race(IReadOnlyList<IContender> contenders, Workload workload, int rounds, Action<string> remark)
{
    private readonly Dictionary<(IContender, Test), List<double>> _samples = [];

    /// <exception cref="ContenderException">One of them failed.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        for (int round = 1; round <= rounds; round++)
        {
            foreach (IContender contender in contenders)
            {
                IReadOnlyDictionary<Test, double> rates = await contender.MeasureAsync(workload, cancellationToken);
                foreach ((Test test, double rate) in rates)
                {
                    if (!_samples.TryGetValue((contender, test), out List<double>? samples))
                    {
                        _samples.Add((contender, test), samples = []);
                    }

                    samples.Add(rate);
                }

                remark(FormattableString.Invariant($"round {round} of {rounds}: {contender.Name} {string.Join(", ", rates.Select(rate => FormattableString.Invariant($"{rate.Key} {rate.Value:0.0}")))} tokens/s"));
            }
        }
    }

    /// <summary>The samples of a test, one a round; null where the contender does not take part.</summary>
    public IReadOnlyList<double>? Samples(IContender contender, Test test) => _samples.GetValueOrDefault((contender, test));
}

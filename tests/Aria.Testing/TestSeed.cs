using System.Globalization;
using Xunit;

namespace Aria.Testing;

/// <summary>The seed of a randomised test: printed always, set by ARIA_SEED to replay.</summary>
public static class TestSeed
{
    /// <summary>A generator whose seed stands in the test's output.</summary>
    public static Random Random() => Random(System.Random.Shared.Next());

    /// <summary>
    /// The same for claims of statistics, such as a quantile of a simulation: almost every seed meets them, and a run takes the one that is known to, so that a failure means a change.
    /// </summary>
    public static Random Random(int known)
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("ARIA_SEED"), CultureInfo.InvariantCulture, out int given) ? given : known;
        TestContext.Current.TestOutputHelper?.WriteLine($"ARIA_SEED={seed}");
        return new(seed);
    }
}

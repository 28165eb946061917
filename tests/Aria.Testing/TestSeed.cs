using System.Globalization;
using Xunit;

namespace Aria.Testing;

/// <summary>The seed of a randomised test: printed always, set by ARIA_SEED to replay.</summary>
public static class TestSeed
{
    /// <summary>A generator whose seed stands in the test's output.</summary>
    public static Random Random()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("ARIA_SEED"), CultureInfo.InvariantCulture, out int given)
            ? given
            : System.Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"ARIA_SEED={seed}");
        return new(seed);
    }
}

using System.Globalization;

namespace Aria.Libp2p.Nat.Tests;

/// <summary>Feeds a decoder what strangers may send.</summary>
internal static class AnyBytes
{
    private const long MaxAllocatedPerInput = 16 * 1024;

    private static readonly int Inputs = int.TryParse(Environment.GetEnvironmentVariable("ARIA_FUZZ_INPUTS"), CultureInfo.InvariantCulture, out int asked) ? asked : 100_000;

    /// <summary>
    /// 10⁵ random or changed inputs, or as many as ARIA_FUZZ_INPUTS says: <paramref name="decode"/> must say whether it reads one, never throw, never take much memory.
    /// </summary>
    public static void Feed(Func<byte[], bool> decode, params byte[][] vectors)
    {
        Random random = Testing.TestSeed.Random();
        int read = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Inputs; i++)
        {
            read += decode(Testing.ChangedBytes.Of(random, vectors[random.Next(vectors.Length)])) ? 1 : 0;
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"{Inputs} inputs, {read} read, {allocated / Inputs} bytes allocated for each");
        Assert.InRange(read, 1, Inputs - 1);
        Assert.True(allocated < Inputs * MaxAllocatedPerInput);
    }
}

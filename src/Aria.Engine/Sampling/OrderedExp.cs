using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Aria.Engine.Sampling;

/// <summary>
/// e^x in f64 for x ≤ 0 by steps that are named one by one, so that every machine gets the same bits (specs/sampling.md §3).
/// No libm, no fused multiply-add.
/// </summary>
internal static class OrderedExp
{
    /// <summary>Below this the result is 0; above it no step is subnormal.</summary>
    public const double Smallest = -700;

    // Adding it leaves the nearest whole number, ties to even, in the lowest bits.
    private const double Rounder = 1.5 * (1L << 52);

    private const double Log2OfE = 1.4426950408889634;              // 0x3ff71547652b82fe
    private const double Ln2High = 0.693147180369123816490;         // 0x3fe62e42fee00000: the product with a whole number below 2^21 is exact
    private const double Ln2Low = 1.90821492927058770002e-10;       // 0x3dea39ef35793c76

    // 1/13!, 1/12!, … 1/1!, 1/0!, each the nearest f64.
    private static ReadOnlySpan<double> Coefficients =>
    [
        1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040,
        1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0,
    ];

    /// <summary>e^<paramref name="x"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">x is above 0 or not a number.</exception>
    public static double Of(double x)
    {
        if (!(x <= 0))
        {
            throw new ArgumentOutOfRangeException(nameof(x), x, "Only exponents up to 0.");
        }

        if (x < Smallest)
        {
            return 0;
        }

        double whole = Math.Round(x * Log2OfE, MidpointRounding.ToEven);
        double high = whole * Ln2High;
        double low = whole * Ln2Low;
        double rest = x - high;
        rest -= low;
        double sum = Coefficients[0];
        foreach (double coefficient in Coefficients[1..])
        {
            double product = sum * rest;
            sum = product + coefficient;
        }

        return sum * BitConverter.Int64BitsToDouble((1023 + (long)whole) << 52);
    }

    /// <summary>e^x of each, in place: the bits of <see cref="Of"/>, several at once.</summary>
    /// <param name="x">Each at most 0.</param>
    public static void OfEach(Span<double> x)
    {
        int at = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            foreach (ref Vector256<double> four in MemoryMarshal.Cast<double, Vector256<double>>(x))
            {
                four = Of(four);
                at += Vector256<double>.Count;
            }
        }

        for (; at < x.Length; at++)
        {
            x[at] = Of(x[at]);
        }
    }

    private static Vector256<double> Of(Vector256<double> x)
    {
        Vector256<double> shifted = (x * Vector256.Create(Log2OfE)) + Vector256.Create(Rounder);
        Vector256<double> whole = shifted - Vector256.Create(Rounder);
        Vector256<double> high = whole * Vector256.Create(Ln2High);
        Vector256<double> low = whole * Vector256.Create(Ln2Low);
        Vector256<double> rest = x - high;
        rest -= low;
        Vector256<double> sum = Vector256.Create(Coefficients[0]);
        foreach (double coefficient in Coefficients[1..])
        {
            Vector256<double> product = sum * rest;
            sum = product + Vector256.Create(coefficient);
        }

        Vector256<long> exponent = shifted.AsInt64() - Vector256.Create(BitConverter.DoubleToInt64Bits(Rounder)) + Vector256.Create(1023L);
        Vector256<double> result = sum * (exponent << 52).AsDouble();
        return Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256.Create(Smallest)), Vector256<double>.Zero, result);
    }
}

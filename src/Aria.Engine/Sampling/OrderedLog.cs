namespace Aria.Engine.Sampling;

/// <summary>ln x in f64 for x ≥ 1 by steps that are named one by one, so that every machine gets the same bits (specs/sampling.md §6). No libm.</summary>
internal static class OrderedLog
{
    private const double Ln2High = 0.693147180369123816490;         // 0x3fe62e42fee00000
    private const double Ln2Low = 1.90821492927058770002e-10;       // 0x3dea39ef35793c76
    private const double RootOfTwo = 1.4142135623730951;            // 0x3ff6a09e667f3bcd
    private const int LastTerm = 23;

    /// <summary>ln <paramref name="x"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">x is below 1, infinite or not a number.</exception>
    public static double Of(double x)
    {
        if (!(x >= 1) || double.IsInfinity(x))
        {
            throw new ArgumentOutOfRangeException(nameof(x), x, "Only numbers from 1 on.");
        }

        long bits = BitConverter.DoubleToInt64Bits(x);
        int exponent = (int)(bits >> 52) - 1023;
        double mantissa = BitConverter.Int64BitsToDouble((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
        if (mantissa > RootOfTwo)
        {
            mantissa *= 0.5;
            exponent++;
        }

        // ln m = 2 (s + s³/3 + s⁵/5 + …), s = (m − 1) / (m + 1).
        double s = (mantissa - 1) / (mantissa + 1);
        double square = s * s;
        double sum = 1.0 / LastTerm;
        for (int term = LastTerm - 2; term >= 1; term -= 2)
        {
            double product = sum * square;
            sum = product + (1.0 / term);
        }

        double low = exponent * Ln2Low;
        double part = 2 * s * sum;
        low += part;
        return (exponent * Ln2High) + low;
    }
}

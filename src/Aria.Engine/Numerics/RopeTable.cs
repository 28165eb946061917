using Aria.Engine.Sampling;

namespace Aria.Engine.Numerics;

/// <summary>Cosines and sines of the rotary embedding by f64 steps that are named one by one (specs/numerics.md §5). No libm.</summary>
internal sealed class RopeTable
{
    private const double TwoOverPi = 0.6366197723675814;                // 3fe45f306dc9c883
    private const double HalfPiHigh = 1.57079632673412561417;           // 3ff921fb54400000: 33 bits, so that its product with a whole number below 2^20 is exact
    private const double HalfPiMiddle = 6.07710050630396597660e-11;     // 3dd0b4611a600000
    private const double HalfPiLow = 2.02226624879595063154e-21;        // 3ba3198a2e037073
    private const double Ln2 = 0.6931471805599453;                      // 3fe62e42fefa39ef
    private const double SqrtHalf = 0.7071067811865476;                 // 3fe6a09e667f3bcd

    // 1/n! at index n, the nearest f64: 18! is exact in f64, and so is 19!, whose odd part has 41 bits.
    private static readonly double[] Coefficients = [.. Enumerable.Range(0, 20).Select(n => 1 / Factorial(n))];

    private readonly int _half;

    public RopeTable(float theta, int headDim, int positions)
    {
        _half = headDim / 2;
        Positions = positions;
        Cosines = new float[(long)positions * _half];
        Sines = new float[(long)positions * _half];
        double logTheta = Log(theta);
        for (int i = 0; i < _half; i++)
        {
            double frequency = OrderedExp.Of(-((double)(2 * i) / headDim * logTheta));
            for (int position = 0; position < positions; position++)
            {
                (double sine, double cosine) = SineCosine(position * frequency);
                Cosines[(position * _half) + i] = (float)cosine;
                Sines[(position * _half) + i] = (float)sine;
            }
        }
    }

    public int Positions { get; }

    /// <summary>(positions, half of the head)</summary>
    public float[] Cosines { get; }

    /// <summary>(positions, half of the head)</summary>
    public float[] Sines { get; }

    /// <summary>Natural logarithm of a normal number above 1: exponent apart, then the series of the inverse hyperbolic tangent.</summary>
    internal static double Log(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        double exponent = (bits >> 52) - 1022;
        double fraction = BitConverter.Int64BitsToDouble((bits & 0xfffffffffffff) | (1022L << 52));      // in [½, 1)
        if (fraction < SqrtHalf)
        {
            (fraction, exponent) = (fraction * 2, exponent - 1);
        }

        double ratio = (fraction - 1) / (fraction + 1);
        double square = ratio * ratio;
        double sum = 0;
        for (int odd = 23; odd >= 1; odd -= 2)
        {
            double product = sum * square;
            sum = product + (1.0 / odd);
        }

        double twice = 2 * ratio;
        double part = twice * sum;
        double whole = exponent * Ln2;
        return whole + part;
    }

    /// <summary>Sine and cosine of an angle from 0 to 2^20.</summary>
    internal static (double Sine, double Cosine) SineCosine(double angle)
    {
        double quarters = Math.Round(angle * TwoOverPi, MidpointRounding.ToEven);
        double high = quarters * HalfPiHigh;
        double middle = quarters * HalfPiMiddle;
        double low = quarters * HalfPiLow;
        double rest = angle - high;
        rest -= middle;
        rest -= low;
        double square = rest * rest;

        // 1 − r²/3! + r⁴/5! … and 1 − r²/2! + r⁴/4! …, from the smallest term up.
        double sine = 0;
        double cosine = 0;
        for (int n = 18; n >= 2; n -= 2)
        {
            double sineProduct = square * sine;
            double cosineProduct = square * cosine;
            sine = Coefficients[n + 1] - sineProduct;
            cosine = Coefficients[n] - cosineProduct;
        }

        double sineTail = square * sine;
        double cosineTail = square * cosine;
        sine = rest * (1 - sineTail);
        cosine = 1 - cosineTail;
        return ((long)quarters & 3) switch
        {
            0 => (sine, cosine),
            1 => (cosine, -sine),
            2 => (-sine, -cosine),
            _ => (-cosine, sine),
        };
    }

    private static double Factorial(int n) => n < 2 ? 1 : n * Factorial(n - 1);
}

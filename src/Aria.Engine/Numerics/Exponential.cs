namespace Aria.Engine.Numerics;

/// <summary>e^x in f32 (specs/numerics.md §4): reduction in two steps and one polynomial, every operation rounded by itself.</summary>
internal static class Exponential
{
    /// <summary>Below this the result is 0.</summary>
    public const float Smallest = -87f;

    /// <summary>Larger arguments count as this.</summary>
    public const float Largest = 88f;

    public const float Log2OfE = 1.44269504f;           // 3fb8aa3b
    public const float Ln2High = 0.693359375f;          // 3f318000
    public const float Ln2Low = -2.12194440e-4f;        // b95e8083
    public const float Rounder = 12582912f;             // 1.5 · 2^23: adding and taking it away rounds to a whole number, ties to even

    public const float C0 = 1.9875691500e-4f;           // 39506967
    public const float C1 = 1.3981999507e-3f;           // 3ab743ce
    public const float C2 = 8.3334519073e-3f;           // 3c088908
    public const float C3 = 4.1665795894e-2f;           // 3d2aa9c1
    public const float C4 = 1.6666665459e-1f;           // 3e2aaaaa
    public const float C5 = 5.0000001201e-1f;           // 3f000000

    public static float Of(float x)
    {
        if (x < Smallest)
        {
            return 0f;
        }

        x = x > Largest ? Largest : x;
        float scaled = x * Log2OfE;
        float whole = scaled + Rounder;
        whole -= Rounder;
        float high = whole * Ln2High;
        float low = whole * Ln2Low;
        float rest = x - high;
        rest -= low;
        float sum = Step(C0, rest, C1);
        sum = Step(sum, rest, C2);
        sum = Step(sum, rest, C3);
        sum = Step(sum, rest, C4);
        sum = Step(sum, rest, C5);
        float square = rest * rest;
        sum = Step(sum, square, rest);
        sum += 1f;
        return sum * BitConverter.Int32BitsToSingle(((int)whole + 127) << 23);
    }

    private static float Step(float sum, float factor, float next)
    {
        float product = sum * factor;
        return product + next;
    }
}

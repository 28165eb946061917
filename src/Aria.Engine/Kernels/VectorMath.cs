using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Aria.Engine.Numerics;

namespace Aria.Engine.Kernels;

/// <summary>Eight numbers at once by exactly the steps of <see cref="Float16"/> and <see cref="Exponential"/>.</summary>
internal static unsafe class VectorMath
{
    private const int SmallestNormalHalf = 0x38800000;      // bits of 2^−14
    private const int InfiniteHalf = 0x477ff000;            // bits of 65520, the first f32 that rounds to an infinity

    /// <summary>Σ in the order of specs/numerics.md §1: 32 lanes, element by element, then halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Tree(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d) => Tree((a + c) + (b + d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Tree(Vector256<float> lanes)
    {
        Vector128<float> four = lanes.GetLower() + lanes.GetUpper();
        Vector128<float> two = four + Vector128.Shuffle(four, Vector128.Create(2, 3, 2, 3));
        return two.ToScalar() + two.GetElement(1);
    }

    /// <summary>a · b + c where a · b is exact, so that one rounding and two are the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> AddExact(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
        Fma.IsSupported ? Fma.MultiplyAdd(a, b, c) : (a * b) + c;

    /// <summary>Eight finite f16 as f32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Halves(ushort* source)
    {
        Vector128<short> halves = Vector128.Load((short*)source);
        Vector256<int> wide = Avx2.IsSupported
            ? Avx2.ConvertToVector256Int32(halves)
            : Vector256.Create(Vector128.WidenLower(halves), Vector128.WidenUpper(halves));

        // Sign, exponent and fraction in their places; what that spells is the value times 2^−112.
        Vector256<int> placed = (wide << 13) & Vector256.Create(unchecked((int)0x8fffe000));
        return placed.AsSingle() * Vector256.Create(5.192296858534828e33f);
    }

    /// <summary>Rounded to f16, as f32; <paramref name="finite"/> loses what does not fit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> RoundToHalf(Vector256<float> x, ref Vector256<int> finite)
    {
        Vector256<int> bits = x.AsInt32();
        Vector256<int> magnitude = bits & Vector256.Create(0x7fffffff);
        finite &= Vector256.LessThan(magnitude, Vector256.Create(InfiniteHalf));
        Vector256<int> odd = (magnitude >>> 13) & Vector256<int>.One;
        Vector256<int> normal = (magnitude + Vector256.Create(0xfff) + odd) & Vector256.Create(~0x1fff);
        Vector256<float> half = Vector256.Create(0.5f);
        Vector256<float> subnormal = (magnitude.AsSingle() + half) - half;
        Vector256<int> rounded = Vector256.ConditionalSelect(
            Vector256.LessThan(magnitude, Vector256.Create(SmallestNormalHalf)), subnormal.AsInt32(), normal);
        return (rounded | (bits & Vector256.Create(int.MinValue))).AsSingle();
    }

    /// <summary>The sixteen bits of a number that <see cref="RoundToHalf"/> gave, in the low half of each element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> HalfBits(Vector256<float> rounded)
    {
        Vector256<uint> sign = (rounded.AsUInt32() >>> 16) & Vector256.Create(0x8000u);

        // Times 2^−112: exact, the subnormals of f16 become those of f32 with the fraction in its place.
        Vector256<float> placed = Vector256.Abs(rounded) * Vector256.Create(1.92592994438723585e-34f);
        return (placed.AsUInt32() >>> 13) | sign;
    }

    /// <summary>e^x as <see cref="Exponential.Of"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x)
    {
        Vector256<float> zero = Vector256.LessThan(x, Vector256.Create(Exponential.Smallest));
        Vector256<float> largest = Vector256.Create(Exponential.Largest);
        x = Vector256.ConditionalSelect(Vector256.GreaterThan(x, largest), largest, x);
        Vector256<float> rounder = Vector256.Create(Exponential.Rounder);
        Vector256<float> shifted = (x * Vector256.Create(Exponential.Log2OfE)) + rounder;
        Vector256<float> whole = shifted - rounder;
        Vector256<float> rest = x - (whole * Vector256.Create(Exponential.Ln2High));
        rest -= whole * Vector256.Create(Exponential.Ln2Low);
        Vector256<float> sum = (Vector256.Create(Exponential.C0) * rest) + Vector256.Create(Exponential.C1);
        sum = (sum * rest) + Vector256.Create(Exponential.C2);
        sum = (sum * rest) + Vector256.Create(Exponential.C3);
        sum = (sum * rest) + Vector256.Create(Exponential.C4);
        sum = (sum * rest) + Vector256.Create(Exponential.C5);
        sum = (sum * (rest * rest)) + rest;
        sum += Vector256<float>.One;
        Vector256<int> power = (shifted.AsInt32() - rounder.AsInt32() + Vector256.Create(127)) << 23;
        return Vector256.AndNot(sum * power.AsSingle(), zero);
    }

    /// <summary>Whether all of a mask is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool All(Vector256<int> mask) => mask == Vector256<int>.AllBitsSet;
}

namespace Aria.Engine.Numerics;

/// <summary>IEEE-754 binary16 by integer steps, the same on every machine (specs/numerics.md §2).</summary>
internal static class Float16
{
    public const ushort Infinity = 0x7c00;

    /// <summary>The f32 of equal value.</summary>
    public static float ToSingle(ushort half)
    {
        uint sign = (uint)(half & 0x8000) << 16;
        uint exponentAndFraction = (uint)(half & 0x7fff);
        if (exponentAndFraction >= Infinity)
        {
            return BitConverter.UInt32BitsToSingle(sign | 0x7f800000 | ((exponentAndFraction & 0x3ff) << 13));
        }

        // The bits shifted into place are the value times 2^−112, subnormals included; the product is exact.
        float magnitude = BitConverter.UInt32BitsToSingle(exponentAndFraction << 13) * 5.192296858534828e33f;
        return BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(magnitude) | sign);
    }

    /// <summary>The nearest f16, ties to even, subnormals kept; an infinity from 65520 on.</summary>
    public static ushort FromSingle(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint sign = (bits >> 16) & 0x8000;
        bits &= 0x7fffffff;
        if (bits >= 0x47800000)     // 65536 and more, infinities, NaN
        {
            return (ushort)(sign | (bits > 0x7f800000 ? 0x7e00u : Infinity));
        }

        if (bits < 0x38800000)      // below the smallest normal f16: adding 0.5 leaves a multiple of 2^−24 in the low bits, rounded to even
        {
            float shifted = BitConverter.UInt32BitsToSingle(bits) + 0.5f;
            return (ushort)(sign | (BitConverter.SingleToUInt32Bits(shifted) - 0x3f000000));
        }

        uint odd = (bits >> 13) & 1;
        return (ushort)(sign | ((bits - 0x38000000 + 0xfff + odd) >> 13));
    }

    /// <summary>The f32 whose value is the nearest f16.</summary>
    public static float Round(float value) => ToSingle(FromSingle(value));
}

using System.Buffers;

namespace Aria.Libp2p.Encodings;

/// <summary>The multiformats unsigned varint: seven bits a byte, low group first, at most nine bytes, one spelling per value.</summary>
public static class Uvarint
{
    /// <summary>The longest encoding, in bytes; it holds 63 bits.</summary>
    public const int MaxBytes = 9;

    /// <summary>The largest value that has an encoding.</summary>
    public const ulong MaxValue = (1UL << 63) - 1;

    /// <summary>Reads one value from the front of <paramref name="source"/>; a longer or a non-minimal spelling is invalid.</summary>
    public static OperationStatus TryRead(ReadOnlySpan<byte> source, out ulong value, out int consumed)
    {
        value = 0;
        consumed = 0;
        for (int i = 0; i < source.Length; i++)
        {
            if (i == MaxBytes)
            {
                return OperationStatus.InvalidData;
            }

            byte group = source[i];
            value |= (ulong)(group & 0x7f) << (7 * i);
            if (group < 0x80)
            {
                if (group == 0 && i > 0)
                {
                    return OperationStatus.InvalidData;
                }

                consumed = i + 1;
                return OperationStatus.Done;
            }
        }

        return source.Length < MaxBytes ? OperationStatus.NeedMoreData : OperationStatus.InvalidData;
    }

    /// <summary>The encoded length of <paramref name="value"/> in bytes.</summary>
    public static int LengthOf(ulong value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MaxValue);
        return value == 0 ? 1 : (70 - System.Numerics.BitOperations.LeadingZeroCount(value)) / 7;
    }

    /// <summary>Writes <paramref name="value"/> to the front of <paramref name="destination"/> and returns the count of bytes written.</summary>
    public static int Write(Span<byte> destination, ulong value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MaxValue);
        int count = 0;
        for (; value >= 0x80; value >>= 7)
        {
            destination[count++] = (byte)(value | 0x80);
        }

        destination[count++] = (byte)value;
        return count;
    }
}

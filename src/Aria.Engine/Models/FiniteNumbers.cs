using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Aria.Engine.Models.Gguf;

namespace Aria.Engine.Models;

/// <summary>Whether numbers as a file has them hold neither NaN nor an infinity. In blocks it is the scale that says so: a finite f16 times whole numbers of eight bits is finite.</summary>
internal static class FiniteNumbers
{
    public static bool AreAll(TensorType type, ReadOnlySpan<byte> bytes) => type switch
    {
        TensorType.F32 => NoneHasAll(MemoryMarshal.Cast<byte, uint>(bytes), 0x7f800000u),
        TensorType.F16 => NoneHasAll(MemoryMarshal.Cast<byte, ushort>(bytes), (ushort)0x7c00),
        TensorType.BF16 => NoneHasAll(MemoryMarshal.Cast<byte, ushort>(bytes), (ushort)0x7f80),
        TensorType.Q8_0 => ScalesAre(bytes, blockBytes: 34, at: 0),
        _ => ScalesAre(bytes, blockBytes: 210, at: 208),
    };

    private static bool NoneHasAll<T>(ReadOnlySpan<T> values, T exponent)
        where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        Vector256<T> all = Vector256.Create(exponent);
        Vector256<T> found = Vector256<T>.Zero;
        int i = 0;
        for (; i <= values.Length - Vector256<T>.Count; i += Vector256<T>.Count)
        {
            found |= Vector256.Equals(Vector256.Create(values[i..]) & all, all);
        }

        bool any = found != Vector256<T>.Zero;
        for (; i < values.Length; i++)
        {
            any |= (values[i] & exponent) == exponent;
        }

        return !any;
    }

    private static bool ScalesAre(ReadOnlySpan<byte> bytes, int blockBytes, int at)
    {
        for (; at < bytes.Length; at += blockBytes)
        {
            if ((BitConverter.ToUInt16(bytes[at..]) & 0x7c00) == 0x7c00)
            {
                return false;
            }
        }

        return true;
    }
}

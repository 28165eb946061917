using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace Aria.Engine.Models;

/// <summary>Ternary codes as digests and transfers have them (specs/model.md §5): four to a byte, the first in the low bits.</summary>
internal static class CanonicalCodes
{
    /// <summary>Packs codes of one byte each; four times as many as there are bytes for them.</summary>
    public static void Pack(ReadOnlySpan<byte> codes, Span<byte> packed)
    {
        int at = 0;
        for (; at <= packed.Length - Vector256<byte>.Count; at += Vector256<byte>.Count)
        {
            ReadOnlySpan<byte> some = codes[(4 * at)..];
            Vector256<ushort> low = Vector256.Narrow(Four(some), Four(some[32..]));
            Vector256<ushort> high = Vector256.Narrow(Four(some[64..]), Four(some[96..]));
            Vector256.Narrow(low, high).CopyTo(packed[at..]);
        }

        for (; at < packed.Length; at++)
        {
            uint four = BinaryPrimitives.ReadUInt32LittleEndian(codes[(4 * at)..]);
            packed[at] = (byte)(four | (four >> 6) | (four >> 12) | (four >> 18));
        }
    }

    private static Vector256<uint> Four(ReadOnlySpan<byte> codes)
    {
        Vector256<uint> four = Vector256.Create(codes).AsUInt32();
        return (four | (four >>> 6) | (four >>> 12) | (four >>> 18)) & Vector256.Create(0xffu);
    }
}

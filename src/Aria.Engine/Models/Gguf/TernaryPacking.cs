using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace Aria.Engine.Models.Gguf;

/// <summary>Packs codes 0, 1 and 2, which stand for −1, 0 and +1, as the two official layouts have them (specs/model.md §2).</summary>
internal static class TernaryPacking
{
    /// <summary>Elements of an I2_S block: 32 bytes, of the flattened tensor.</summary>
    public const int I2Block = 128;

    /// <summary>Behind the codes of an I2_S tensor: the scale as f32 and 28 zero bytes.</summary>
    public const int I2ScaleBytes = 32;

    /// <summary>Elements of a TQ2_0 block.</summary>
    public const int Tq2Block = 256;

    /// <summary>64 bytes of codes and the scale as f16.</summary>
    public const int Tq2BlockBytes = 66;

    /// <summary>Byte j of a block of 32 holds elements j, j+32, j+64, j+96 from its high bits down.</summary>
    public static void PackI2(ReadOnlySpan<byte> codes, Span<byte> packed)
    {
        for (int block = 0; block * I2Block < codes.Length; block++)
        {
            ReadOnlySpan<byte> from = codes.Slice(block * I2Block, I2Block);
            Vector256<byte> bytes = (Vector256.Create(from) << 6) | (Vector256.Create(from[32..]) << 4) | (Vector256.Create(from[64..]) << 2) | Vector256.Create(from[96..]);
            bytes.CopyTo(packed[(block * (I2Block / 4))..]);
        }
    }

    /// <summary>Byte m of each half of 128 holds elements m, m+32, m+64, m+96 from its low bits up; the scale follows both halves.</summary>
    public static void PackTq2(ReadOnlySpan<byte> codes, Half scale, Span<byte> packed)
    {
        for (int block = 0; block * Tq2Block < codes.Length; block++)
        {
            Span<byte> to = packed.Slice(block * Tq2BlockBytes, Tq2BlockBytes);
            for (int half = 0; half < 2; half++)
            {
                ReadOnlySpan<byte> from = codes.Slice((block * Tq2Block) + (half * 128), 128);
                Vector256<byte> bytes = Vector256.Create(from) | (Vector256.Create(from[32..]) << 2) | (Vector256.Create(from[64..]) << 4) | (Vector256.Create(from[96..]) << 6);
                bytes.CopyTo(to[(half * 32)..]);
            }

            BinaryPrimitives.WriteHalfLittleEndian(to[64..], scale);
        }
    }
}

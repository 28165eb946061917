using System.Runtime.InteropServices;
using Aria.Engine.Models.Gguf;

namespace Aria.Engine.Numerics;

/// <summary>Rows of embeddings and heads to f32 (specs/numerics.md §2); every step is exact save the last product of Q6_K.</summary>
internal static class RowDecoding
{
    public static void Decode(TensorType type, ReadOnlySpan<byte> row, Span<float> values)
    {
        switch (type)
        {
            case TensorType.F32:
                MemoryMarshal.Cast<byte, float>(row)[..values.Length].CopyTo(values);
                break;
            case TensorType.F16:
                ReadOnlySpan<ushort> halves = MemoryMarshal.Cast<byte, ushort>(row);
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = Float16.ToSingle(halves[i]);
                }

                break;
            case TensorType.BF16:
                ReadOnlySpan<ushort> brains = MemoryMarshal.Cast<byte, ushort>(row);
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = BitConverter.UInt32BitsToSingle((uint)brains[i] << 16);
                }

                break;
            case TensorType.Q8_0:
                for (int start = 0; start < values.Length; start += 32)
                {
                    Q8(row.Slice(start / 32 * 34, 34), values.Slice(start, 32));
                }

                break;
            case TensorType.Q6_K:
                for (int start = 0; start < values.Length; start += 256)
                {
                    Q6(row.Slice(start / 256 * 210, 210), values.Slice(start, 256));
                }

                break;
            default:
                throw new InvalidOperationException($"{type} is no format of numbers.");
        }
    }

    // f16 scale, then 32 signed bytes.
    private static void Q8(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = Float16.ToSingle(BitConverter.ToUInt16(block));
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = scale * (sbyte)block[2 + i];
        }
    }

    // 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 signed scales, f16 scale. Two halves of 128 elements, each in four runs of 32.
    private static void Q6(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = Float16.ToSingle(BitConverter.ToUInt16(block[208..]));
        for (int i = 0; i < values.Length; i++)
        {
            (int half, int run, int m) = (i / 128, i / 32 % 4, i % 32);
            int low = block[(64 * half) + (32 * (run & 1)) + m] >> (4 * (run >> 1)) & 15;
            int high = (block[128 + (32 * half) + m] >> (2 * run)) & 3;
            float part = scale * (sbyte)block[192 + (i / 16)];
            values[i] = part * ((low | (high << 4)) - 32);
        }
    }
}

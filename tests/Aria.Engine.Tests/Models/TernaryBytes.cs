using Aria.Engine.Models.Gguf;
using Aria.Engine.Numerics;

namespace Aria.Engine.Tests.Models;

/// <summary>Writes codes 0, 1, 2 in each of the ternary layouts (specs/model.md §2).</summary>
internal static class TernaryBytes
{
    public static byte[] Of(TensorType type, byte[] codes, float scale) => type switch
    {
        TensorType.I2_S => I2S(codes, scale),
        TensorType.TQ2_0 => [.. codes.Chunk(256).SelectMany(block => Tq2(block, Float16.FromSingle(scale)))],
        TensorType.TQ1_0 => [.. codes.Chunk(256).SelectMany(block => Tq1(block, Float16.FromSingle(scale)))],
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    private static byte[] I2S(byte[] codes, float scale)
    {
        byte[] data = new byte[(codes.Length / 4) + 32];
        for (int e = 0; e < codes.Length; e++)
        {
            data[(e / 128 * 32) + (e % 32)] |= (byte)(codes[e] << (6 - (2 * (e % 128 / 32))));
        }

        BitConverter.TryWriteBytes(data.AsSpan(codes.Length / 4), scale);
        return data;
    }

    private static byte[] Tq2(byte[] codes, ushort scale)
    {
        byte[] data = new byte[66];
        for (int e = 0; e < 256; e++)
        {
            data[(e / 128 * 32) + (e % 32)] |= (byte)(codes[e] << (2 * (e % 128 / 32)));
        }

        BitConverter.TryWriteBytes(data.AsSpan(64), scale);
        return data;
    }

    private static byte[] Tq1(byte[] codes, ushort scale)
    {
        byte[] data = new byte[54];
        for (int m = 0; m < 52; m++)
        {
            // Five digits: elements 32 apart in the first 160, 16 apart in the next 80; four, 4 apart, in the last 16.
            (int first, int apart, int digits) = m < 32 ? (m, 32, 5) : m < 48 ? (160 + m - 32, 16, 5) : (240 + m - 48, 4, 4);
            int value = 0;
            for (int l = 0; l < 5; l++)
            {
                value = (value * 3) + (l < digits ? codes[first + (l * apart)] : 0);
            }

            data[m] = (byte)(((value * 256) + 242) / 243);
        }

        BitConverter.TryWriteBytes(data.AsSpan(52), scale);
        return data;
    }
}

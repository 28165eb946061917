using System.Buffers.Binary;
using System.Text;

namespace Aria.Engine.Tests.Fuzzing;

/// <summary>Turns right inputs into nearly right ones: a few random changes of bytes, of lengths, of words and of order.</summary>
internal static class Mutation
{
    private const int MaxChanges = 4;
    private const int MaxGrowth = 64;

    private static readonly ulong[] Numbers = [0, 1, 2, 3, 4, 7, 8, 31, 32, 64, 127, 128, 255, 256, 65_535, 65_536, 1 << 24, int.MaxValue, uint.MaxValue, 1UL << 40, long.MaxValue, 1UL << 63, ulong.MaxValue];

    private static readonly byte[][] Words =
    [
        .. ((string[])
        [
            "null", "true", "false", "-1", "0", "1", "1e999", "-0.5", "9223372036854775808", "0.1e-400", "\"\"", "\"\\ud800\"", "\"\\u0000\"", "[", "]", "{", "}", "[[[[", "{\"a\":", ",", ":", "\"", "\\", "\u00e9", "\U0001f600", "U8", "F32",
            "data_offsets", "shape", "<0x0A>", "Ġ", "<|eot_id|>",
        ]).Select(Encoding.UTF8.GetBytes), [0xff, 0xfe], [0xc3], [0x80],
    ];

    /// <summary>A changed copy of one of <paramref name="seeds"/>.</summary>
    public static byte[] Of(Random random, IReadOnlyList<byte[]> seeds)
    {
        List<byte> bytes = [.. seeds[random.Next(seeds.Count)]];
        int changes = random.Next(1, MaxChanges + 1);
        for (int i = 0; i < changes; i++)
        {
            Change(random, bytes, seeds);
        }

        return [.. bytes];
    }

    private static void Change(Random random, List<byte> bytes, IReadOnlyList<byte[]> seeds)
    {
        // Most mistakes are near the start: that is where lengths and counts stand.
        int at = random.Next(3) == 0 ? random.Next(Math.Min(64, bytes.Count) + 1) : random.Next(bytes.Count + 1);
        int length = Math.Min(random.Next(1, MaxGrowth), bytes.Count - at);
        switch (random.Next(10))
        {
            case 0 or 1 when length > 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 2 when length > 0:
                bytes[at] = (byte)random.Next(256);
                break;
            case 3 or 4:
                Span<byte> number = stackalloc byte[sizeof(ulong)];
                BinaryPrimitives.WriteUInt64LittleEndian(number, Numbers[random.Next(Numbers.Length)]);
                Overwrite(bytes, at, number[..(1 << random.Next(4))]);
                break;
            case 5:
                bytes.RemoveRange(at, length);
                break;
            case 6:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case 7:
                bytes.InsertRange(at, Words[random.Next(Words.Length)]);
                break;
            case 8:
                byte[] other = seeds[random.Next(seeds.Count)];
                int from = random.Next(other.Length);
                Overwrite(bytes, at, other.AsSpan(from, Math.Min(other.Length - from, random.Next(MaxGrowth))));
                break;
            default:
                if (random.Next(4) == 0)
                {
                    bytes.RemoveRange(at, bytes.Count - at);
                }

                break;
        }
    }

    private static void Overwrite(List<byte> bytes, int at, ReadOnlySpan<byte> with)
    {
        for (int i = 0; i < with.Length && at + i < bytes.Count; i++)
        {
            bytes[at + i] = with[i];
        }
    }
}

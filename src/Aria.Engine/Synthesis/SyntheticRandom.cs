using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using System.Text;

namespace Aria.Engine.Synthesis;

/// <summary>
/// The numbers of one synthetic tensor: SplitMix64 from a start that hashes seed and tensor name, so that every tensor can be made alone and on
/// every machine alike (specs/catalogue.md §4).
/// </summary>
internal struct SyntheticRandom
{
    private const ulong Step = 0x9E37_79B9_7F4A_7C15;

    // Of a byte's 256 values 88 are −1, 80 are 0, 88 are +1: 31 % zeros, as trained models have.
    private const byte FirstZero = 88;
    private const byte FirstPlus = 168;

    // A normal value is the sum of four u16, less its mean, times this: standard deviation 0.02.
    private const int SumMean = 2 * ushort.MaxValue;
    private const double NormalStep = 0.02 / 37_837.226;

    private static readonly ushort[] NormalOfSum = BuildNormals();

    private ulong _state;

    public SyntheticRandom(ulong seed, string tensor)
    {
        ReadOnlySpan<byte> purpose = "aria/synth/1"u8;
        Span<byte> seedBytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(seedBytes, seed);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData([.. purpose, .. seedBytes, .. Encoding.UTF8.GetBytes(tensor)], hash);
        _state = BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        _state += Step;
        ulong z = (_state ^ (_state >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }

    /// <summary>Codes 0, 1, 2, one a byte; a whole number of 32.</summary>
    public void FillCodes(Span<byte> codes)
    {
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(codes);
        for (int i = 0; i < words.Length; i++)
        {
            ulong word = Next();
            words[i] = BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
        }

        Span<Vector256<byte>> vectors = MemoryMarshal.Cast<byte, Vector256<byte>>(codes);
        for (int i = 0; i < vectors.Length; i++)
        {
            Vector256<byte> zero = Vector256.GreaterThanOrEqual(vectors[i], Vector256.Create(FirstZero));
            Vector256<byte> plus = Vector256.GreaterThanOrEqual(vectors[i], Vector256.Create(FirstPlus));
            vectors[i] = Vector256<byte>.Zero - zero - plus;    // a mask is −1
        }
    }

    /// <summary>Normal values with standard deviation 0.02 as little-endian f16.</summary>
    public void FillNormals(Span<byte> halves)
    {
        for (int at = 0; at < halves.Length; at += sizeof(ushort))
        {
            ulong word = Next();
            int sum = (ushort)word + (ushort)(word >> 16) + (ushort)(word >> 32) + (ushort)(word >> 48);
            BinaryPrimitives.WriteUInt16LittleEndian(halves[at..], NormalOfSum[sum]);
        }
    }

    private static ushort[] BuildNormals()
    {
        ushort[] table = new ushort[(4 * ushort.MaxValue) + 1];
        for (int sum = 0; sum < table.Length; sum++)
        {
            table[sum] = BitConverter.HalfToUInt16Bits((Half)((sum - SumMean) * NormalStep));
        }

        return table;
    }
}

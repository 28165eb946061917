using System.Security.Cryptography;

namespace Aria.Wire.Merkle;

/// <summary>The hashes of RFC 6962 §2.1: leaves begin with 0x00, inner nodes with 0x01.</summary>
public static class MerkleHash
{
    /// <summary>The root of no leaves: SHA-256 of nothing.</summary>
    public static Digest Empty { get; } = Digest.Of([]);

    /// <summary>SHA-256(0x00 ‖ data).</summary>
    public static Digest Leaf(ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[Digest.Size];
        if (data.Length <= 1024)
        {
            Span<byte> input = stackalloc byte[1 + data.Length];
            input[0] = 0;
            data.CopyTo(input[1..]);
            SHA256.HashData(input, hash);
            return new(hash);
        }

        using IncrementalHash running = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        running.AppendData([(byte)0]);
        running.AppendData(data);
        running.GetHashAndReset(hash);
        return new(hash);
    }

    /// <summary>SHA-256(0x01 ‖ left ‖ right).</summary>
    public static Digest Node(in Digest left, in Digest right)
    {
        Span<byte> input = stackalloc byte[1 + (2 * Digest.Size)];
        input[0] = 1;
        left.Span.CopyTo(input[1..]);
        right.Span.CopyTo(input[(1 + Digest.Size)..]);
        return Digest.Of(input);
    }

    /// <summary>The root over leaf hashes.</summary>
    public static Digest Root(ReadOnlySpan<Digest> leafHashes)
    {
        MerkleRange range = new();
        foreach (Digest leaf in leafHashes)
        {
            range.Append(leaf);
        }

        return range.Root;
    }

    // The largest power of two smaller than n, n > 1.
    internal static int Split(int n) => 1 << (31 - System.Numerics.BitOperations.LeadingZeroCount((uint)(n - 1)));
}

using System.Buffers;
using System.Security.Cryptography;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p;

/// <summary>Multihashes: the number of a hash function and the length of a digest as uvarints, then the digest, which may be cut short.</summary>
public static class Multihash
{
    /// <summary>The number of the function that leaves what it is given as it is.</summary>
    public const ulong IdentityCode = 0x00;

    /// <summary>The number of SHA-256.</summary>
    public const ulong Sha256Code = 0x12;

    /// <summary>The longest digest that is read or written, in bytes.</summary>
    public const int MaxDigestBytes = 128;

    /// <summary>The multihash of <paramref name="data"/> by SHA-256: <c>12 20</c> and 32 bytes.</summary>
    public static byte[] OfSha256(ReadOnlySpan<byte> data) => Of(Sha256Code, SHA256.HashData(data));

    /// <summary>The multihash with a digest that some function gave.</summary>
    public static byte[] Of(ulong code, ReadOnlySpan<byte> digest)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(digest.Length, MaxDigestBytes, nameof(digest));
        byte[] head = new byte[2 * Uvarint.MaxBytes];
        int length = Uvarint.Write(head, code);
        length += Uvarint.Write(head.AsSpan(length), (ulong)digest.Length);
        return [.. head.AsSpan(0, length), .. digest];
    }

    /// <summary>Reads a multihash of whatever function; false where a number is not at its shortest, or the digest has another length than is told.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ulong code, out ReadOnlySpan<byte> digest)
    {
        digest = default;
        if (Uvarint.TryRead(bytes, out code, out int first) != OperationStatus.Done || Uvarint.TryRead(bytes[first..], out ulong length, out int second) != OperationStatus.Done
            || length > MaxDigestBytes || (int)length != bytes.Length - first - second)
        {
            return false;
        }

        digest = bytes[(first + second)..];
        return true;
    }
}

using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Aria.Provenance.Records;

/// <summary>A salted commitment to token ids: SHA-256("aria/commit/1" ‖ salt 32 ‖ ids, each u32 little-endian).</summary>
public static class TokenCommitment
{
    /// <summary>The commitment.</summary>
    public static Digest Of(Digest salt, ReadOnlySpan<uint> tokens)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("aria/commit/1"u8);
        hash.AppendData(salt.Span);
        Span<byte> id = stackalloc byte[4];
        foreach (uint token in tokens)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(id, token);
            hash.AppendData(id);
        }

        Span<byte> digest = stackalloc byte[Digest.Size];
        hash.GetHashAndReset(digest);
        return new(digest);
    }
}

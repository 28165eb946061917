using System.Buffers.Binary;

namespace Aria.Ledger.Storage;

/// <summary>A pair of the index: a payload's digest, its entry's sequence number.</summary>
internal static class IndexEntry
{
    public static bool TryRead(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, out Digest payload, out long sequence)
    {
        bool ok = key.Length == Digest.Size && value.Length == sizeof(long);
        (payload, sequence) = ok ? (new Digest(key), BinaryPrimitives.ReadInt64BigEndian(value)) : default;
        return ok;
    }
}

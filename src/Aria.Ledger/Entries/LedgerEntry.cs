using Aria.Wire.Canonical;
using Aria.Wire.Merkle;
using Aria.Wire.Signing;

namespace Aria.Ledger.Entries;

/// <summary>One entry of a log, with the bytes it was read from (specs/ledger.md §2). They never change once written.</summary>
public sealed class LedgerEntry
{
    /// <summary>Most bytes of an entry, so that a tile bundle's 16-bit length holds it.</summary>
    public const int MaxBytes = 65_535;

    /// <summary>Most bytes of a payload.</summary>
    public const int MaxPayloadBytes = 65_280;

    /// <summary>Domain of the log key's signature.</summary>
    public const string Domain = "aria-ledger-entry";

    private const int Version = 1;
    private readonly SignedBytes _signed;

    private LedgerEntry(ReadOnlyMemory<byte> bytes, SignedBytes signed, long sequence, Digest previous, long time, EntryKind kind, ReadOnlyMemory<byte> payload)
    {
        (Bytes, _signed, Sequence, Previous, UnixMilliseconds, Kind, Payload) = (bytes, signed, sequence, previous, time, kind, payload);
        LeafHash = MerkleHash.Leaf(bytes.Span);
        PayloadDigest = Digest.Of(payload.Span);
    }

    /// <summary>Payload type of the log key's signature.</summary>
    public static ReadOnlySpan<byte> PayloadType => "/aria/ledger-entry/1"u8;

    /// <summary>The whole entry.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Its place in the log, from 0.</summary>
    public long Sequence { get; }

    /// <summary>RFC 6962 leaf hash of the entry before; 32 zero bytes in entry 0.</summary>
    public Digest Previous { get; }

    /// <summary>When it was appended; later than every entry before.</summary>
    public long UnixMilliseconds { get; }

    /// <summary>What the payload is.</summary>
    public EntryKind Kind { get; }

    /// <summary>The payload, opaque to the log.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>RFC 6962 leaf hash of <see cref="Bytes"/>.</summary>
    public Digest LeafHash { get; }

    /// <summary>SHA-256 of <see cref="Payload"/>, by which an entry is found.</summary>
    public Digest PayloadDigest { get; }

    /// <summary>Reads an entry; whether it fits its log is <see cref="EntryChain"/>'s question, whether it is signed <see cref="VerifySignature"/>'s.</summary>
    public static EntryStatus TryDecode(ReadOnlyMemory<byte> bytes, out LedgerEntry? entry)
    {
        entry = null;
        if (bytes.Length > MaxBytes)
        {
            return EntryStatus.TooLong;
        }

        if (!SignedBytes.TryDecode(bytes, MaxBytes, out SignedBytes signed))
        {
            return EntryStatus.NotCanonical;
        }

        CanonicalReader reader = new(signed.Payload.Span);
        if (!reader.TryArray(out int count, int.MaxValue) || !reader.TryUInt(out ulong version))
        {
            return EntryStatus.NotCanonical;
        }

        if (version != Version)
        {
            return EntryStatus.UnknownVersion;
        }

        if (count != 6
            || !reader.TryLong(out long sequence) || !reader.TryDigest(out Digest previous) || !reader.TryLong(out long time)
            || !reader.TryInt(out int kind, ushort.MaxValue) || !reader.TryBytes(out ReadOnlySpan<byte> payload, 0, MaxPayloadBytes) || !reader.AtEnd)
        {
            return EntryStatus.NotCanonical;
        }

        entry = new(bytes, signed, sequence, previous, time, (EntryKind)kind, payload.ToArray());
        return EntryStatus.Done;
    }

    /// <summary>Whether the signature is <paramref name="logKey"/>'s.</summary>
    public bool VerifySignature(NodeId logKey) => _signed.Verify(logKey, Domain, PayloadType);

    internal static LedgerEntry Seal(SigningKey logKey, long sequence, Digest previous, long time, EntryKind kind, ReadOnlyMemory<byte> payload)
    {
        byte[] body = new CanonicalWriter().Array(6).UInt(Version).UInt((ulong)sequence).Bytes(previous.Span).UInt((ulong)time).UInt((ulong)kind).Bytes(payload.Span).ToArray();
        SignedBytes signed = SignedBytes.Seal(logKey, Domain, PayloadType, body);
        return new(signed.Encode(), signed, sequence, previous, time, kind, payload);
    }
}

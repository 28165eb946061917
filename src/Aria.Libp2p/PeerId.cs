using System.Diagnostics.CodeAnalysis;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p;

/// <summary>
/// A libp2p peer id: the multihash of a public key protobuf, as the libp2p peer-ids specification defines it.
/// Ed25519 keys stand in the id itself (<c>12D3KooW…</c>), as do those of secp256k1 (<c>16Uiu2HA…</c>); of longer ones it is the hash (<c>Qm…</c>). Immutable; compared byte by byte.
/// </summary>
public sealed class PeerId : IEquatable<PeerId>, IComparable<PeerId>
{
    /// <summary>The longest peer id in bytes: an identity multihash of 42 bytes.</summary>
    public const int MaxBytes = 2 + MaxInlinedKeyBytes;

    private const int MaxInlinedKeyBytes = 42;
    private const int MaxTextChars = 128;
    private const byte IdentityHash = 0x00;
    private const byte Sha256Bytes = 32;
    private const byte Libp2pKeyCodec = 0x72;

    private readonly byte[] _bytes;
    private string? _text;

    private PeerId(byte[] bytes) => _bytes = bytes;

    /// <summary>The multihash.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    // Public key protobuf of Ed25519: field 1 = type 1, field 2 = the key's 32 bytes; before it the identity multihash header.
    private static ReadOnlySpan<byte> Ed25519Prefix => [IdentityHash, 0x24, 0x08, 0x01, 0x12, 0x20];

    internal static ReadOnlySpan<byte> Ed25519KeyPrefix => Ed25519Prefix[2..];

    /// <summary>The id of an Ed25519 public key of 32 bytes.</summary>
    public static PeerId FromEd25519(ReadOnlySpan<byte> publicKey)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(publicKey.Length, 32, nameof(publicKey));
        return new([.. Ed25519Prefix, .. publicKey]);
    }

    /// <summary>The id of a public key's protobuf, of whatever kind: the key itself where it is short enough, else its hash.</summary>
    public static PeerId OfKey(ReadOnlySpan<byte> protobuf) =>
        new(protobuf.Length <= MaxInlinedKeyBytes ? Multihash.Of(Multihash.IdentityCode, protobuf) : Multihash.OfSha256(protobuf));

    /// <summary>Reads an id from its multihash: identity of at most 42 bytes, or sha2-256.</summary>
    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out PeerId? id)
    {
        bool valid = Multihash.TryRead(bytes, out ulong code, out ReadOnlySpan<byte> digest)
            && (code == Multihash.IdentityCode ? digest.Length is > 0 and <= MaxInlinedKeyBytes : code == Multihash.Sha256Code && digest.Length == Sha256Bytes);
        id = valid ? new(bytes.ToArray()) : null;
        return valid;
    }

    /// <summary>Reads an id from text: base58 multihash, or a version 1 CID of codec libp2p-key in base32, base36 or base58.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out PeerId? id)
    {
        id = null;
        if (text is null || text.Length is < 2 or > MaxTextChars)
        {
            return false;
        }

        if (text[0] == '1' || text.StartsWith("Qm", StringComparison.Ordinal))
        {
            return RadixText.Base58.TryDecode(text, out byte[] multihash) && TryFromBytes(multihash, out id);
        }

        bool decoded = TryDecodeMultibase(text, out byte[] cid);
        return decoded && cid.Length > 2 && cid[0] == 1 && cid[1] == Libp2pKeyCodec && TryFromBytes(cid.AsSpan(2), out id);
    }

    /// <summary>Reads an id from text; throws <see cref="FormatException"/> where it is none.</summary>
    public static PeerId Parse(string text) =>
        TryParse(text, out PeerId? id) ? id : throw new FormatException($"'{text}' is no peer id.");

    /// <summary>Copies the Ed25519 public key that the id holds; false for ids of other keys.</summary>
    public bool TryGetEd25519(Span<byte> publicKey)
    {
        if (_bytes.Length != Ed25519Prefix.Length + 32 || !_bytes.AsSpan().StartsWith(Ed25519Prefix))
        {
            return false;
        }

        _bytes.AsSpan(Ed25519Prefix.Length).CopyTo(publicKey);
        return true;
    }

    /// <summary>What stands in the id in place of a hash, be it a key or not; empty where the id is a hash.</summary>
    public ReadOnlyMemory<byte> InlinedKey => _bytes[0] == IdentityHash ? _bytes.AsMemory(2) : default;

    /// <summary>The key that the id holds; false where it is the hash of one, or holds none that can be read.</summary>
    public bool TryGetKey([NotNullWhen(true)] out PeerKey? key)
    {
        key = null;
        return PeerKey.TryRead(InlinedKey.Span, out key);
    }

    /// <summary>True where <paramref name="signature"/> over <paramref name="message"/> was made by the key that this id holds; false where it holds none.</summary>
    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) => TryGetKey(out PeerKey? key) && key.Verify(message, signature);

    /// <summary>The base58 form, which libp2p prints.</summary>
    public override string ToString() => _text ??= RadixText.Base58.Encode(_bytes);

    /// <summary>The id as a version 1 CID in base32 (<c>bafz…</c>).</summary>
    public string ToCidBase32() => "b" + Base32.Encode([1, Libp2pKeyCodec, .. _bytes]);

    /// <summary>The id as a version 1 CID in base36 (<c>k51…</c>), short enough for a DNS label.</summary>
    public string ToCidBase36() => "k" + RadixText.Base36.Encode([1, Libp2pKeyCodec, .. _bytes]);

    /// <inheritdoc/>
    public bool Equals(PeerId? other) => other is not null && _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PeerId);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public int CompareTo(PeerId? other) => other is null ? 1 : _bytes.AsSpan().SequenceCompareTo(other._bytes);

    /// <summary>True where both are the same id.</summary>
    public static bool operator ==(PeerId? left, PeerId? right) => left?.Equals(right) ?? right is null;

    /// <summary>True where the ids differ.</summary>
    public static bool operator !=(PeerId? left, PeerId? right) => !(left == right);

    /// <summary>Orders ids by their bytes.</summary>
    public static bool operator <(PeerId left, PeerId right) => left.CompareTo(right) < 0;

    /// <summary>Orders ids by their bytes.</summary>
    public static bool operator >(PeerId left, PeerId right) => left.CompareTo(right) > 0;

    /// <summary>Orders ids by their bytes.</summary>
    public static bool operator <=(PeerId left, PeerId right) => left.CompareTo(right) <= 0;

    /// <summary>Orders ids by their bytes.</summary>
    public static bool operator >=(PeerId left, PeerId right) => left.CompareTo(right) >= 0;

    private static bool TryDecodeMultibase(string text, out byte[] bytes)
    {
        bytes = [];
        return text[0] switch
        {
            'b' => Base32.TryDecode(text.AsSpan(1), out bytes),
            'k' => RadixText.Base36.TryDecode(text.AsSpan(1), out bytes),
            'z' => RadixText.Base58.TryDecode(text.AsSpan(1), out bytes),
            _ => false,
        };
    }
}

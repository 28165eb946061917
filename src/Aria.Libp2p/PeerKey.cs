using System.Diagnostics.CodeAnalysis;
using Aria.Libp2p.Encodings;
using Aria.Libp2p.Keys;

namespace Aria.Libp2p;

/// <summary>
/// A peer's public key as the peer-ids specification spells it: protobuf 1 type, 2 data, both present, in this order, nothing else, every number at its shortest. A key has
/// one spelling here, and so one peer id.
/// </summary>
public sealed class PeerKey : IEquatable<PeerKey>
{
    /// <summary>The longest key that is read, in bytes: RSA of 8192 bits with what stands around it.</summary>
    public const int MaxBytes = 1100;

    private readonly byte[] _protobuf;
    private readonly int _dataAt;

    private PeerKey(KeyType type, byte[] protobuf, int dataAt)
    {
        Type = type;
        Id = PeerId.OfKey(protobuf);
        _protobuf = protobuf;
        _dataAt = dataAt;
    }

    /// <summary>What kind of key it is.</summary>
    public KeyType Type { get; }

    /// <summary>The id of the peer whose key it is.</summary>
    public PeerId Id { get; }

    /// <summary>The whole protobuf.</summary>
    public ReadOnlySpan<byte> Protobuf => _protobuf;

    /// <summary>The key itself: of Ed25519 its 32 bytes, of secp256k1 the compressed point of 33, else a DER SubjectPublicKeyInfo.</summary>
    public ReadOnlySpan<byte> Data => _protobuf.AsSpan(_dataAt);

    /// <summary>Reads a key; false for another spelling, an unknown kind, and a key that is none of its kind or that this system cannot verify with.</summary>
    public static bool TryRead(ReadOnlySpan<byte> protobuf, [NotNullWhen(true)] out PeerKey? key)
    {
        key = TryReadType(protobuf, out KeyType type, out int dataAt) && Verification.Of(type).IsKey(protobuf[dataAt..]) ? new(type, protobuf.ToArray(), dataAt) : null;
        return key is not null;
    }

    /// <summary>True where <paramref name="signature"/> over <paramref name="message"/> was made with this key's private half.</summary>
    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) => Verification.Of(Type).Verify(Data, message, signature);

    /// <inheritdoc/>
    public bool Equals(PeerKey? other) => other is not null && Protobuf.SequenceEqual(other.Protobuf);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PeerKey);

    /// <inheritdoc/>
    public override int GetHashCode() => Id.GetHashCode();

    /// <summary>Reads what stands before a key's data, of a public or a private key.</summary>
    internal static bool TryReadType(ReadOnlySpan<byte> protobuf, out KeyType type, out int dataAt)
    {
        type = default;
        dataAt = 0;
        if (protobuf.Length is < 4 or > MaxBytes || protobuf[0] != 0x08 || protobuf[1] > (byte)KeyType.Ecdsa || protobuf[2] != 0x12
            || Uvarint.TryRead(protobuf[3..], out ulong length, out int prefix) != System.Buffers.OperationStatus.Done || length != (ulong)(protobuf.Length - 3 - prefix))
        {
            return false;
        }

        (type, dataAt) = ((KeyType)protobuf[1], 3 + prefix);
        return true;
    }
}

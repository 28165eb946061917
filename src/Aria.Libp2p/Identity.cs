using System.Diagnostics.CodeAnalysis;
using NSec.Cryptography;

namespace Aria.Libp2p;

/// <summary>An Ed25519 key pair and the peer id it gives. Safe to share between threads; dispose it after the last peer that uses it.</summary>
public sealed class Identity : IDisposable
{
    /// <summary>The length of a seed in bytes.</summary>
    public const int SeedBytes = 32;

    private readonly Key _key;
    private readonly byte[] _publicKey;

    private Identity(Key key)
    {
        _key = key;
        _publicKey = key.PublicKey.Export(KeyBlobFormat.RawPublicKey);
        PeerId = PeerId.FromEd25519(_publicKey);
    }

    /// <summary>The id of the public key.</summary>
    public PeerId PeerId { get; }

    /// <summary>The Ed25519 public key, 32 bytes.</summary>
    public ReadOnlySpan<byte> PublicKey => _publicKey;

    /// <summary>The identity of an RFC 8032 seed of 32 bytes.</summary>
    public static Identity FromSeed(ReadOnlySpan<byte> seed)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(seed.Length, SeedBytes, nameof(seed));
        return new(Key.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey));
    }

    /// <summary>
    /// Reads a private key as libp2p programs keep it in a file: protobuf 1 type, 2 data; of Ed25519 the seed and the public key, in old files the latter twice. False for another kind of
    /// key, another spelling, and a public key that is not the seed's.
    /// </summary>
    public static bool TryReadPrivateKey(ReadOnlySpan<byte> protobuf, [NotNullWhen(true)] out Identity? identity)
    {
        const int KeyBytes = 32;
        identity = null;
        if (!PeerKey.TryReadType(protobuf, out KeyType type, out int dataAt) || type != KeyType.Ed25519 || (protobuf.Length - dataAt) is not (SeedBytes + KeyBytes or SeedBytes + (2 * KeyBytes)))
        {
            return false;
        }

        Identity read = FromSeed(protobuf.Slice(dataAt, SeedBytes));
        for (ReadOnlySpan<byte> told = protobuf[(dataAt + SeedBytes)..]; !told.IsEmpty; told = told[KeyBytes..])
        {
            if (!told[..KeyBytes].SequenceEqual(read.PublicKey))
            {
                read.Dispose();
                return false;
            }
        }

        identity = read;
        return true;
    }

    /// <summary>A new identity from the system's randomness; its key cannot be exported.</summary>
    public static Identity Generate() => new(Key.Create(SignatureAlgorithm.Ed25519));

    /// <summary>The Ed25519 signature of <paramref name="message"/>, 64 bytes.</summary>
    public byte[] Sign(ReadOnlySpan<byte> message) => SignatureAlgorithm.Ed25519.Sign(_key, message);

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    /// <summary>The libp2p public key protobuf: type and key.</summary>
    internal byte[] PublicKeyProtobuf() => [.. PeerId.Ed25519KeyPrefix, .. _publicKey];
}

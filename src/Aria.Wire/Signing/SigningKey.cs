using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;

namespace Aria.Wire.Signing;

/// <summary>An Ed25519 private key. One per role and node: it holds locked memory, so dispose of it.</summary>
public sealed class SigningKey : IDisposable
{
    /// <summary>Size of a seed in bytes.</summary>
    public const int SeedSize = 32;

    private readonly byte[] _seed;
    private readonly Key _key;

    private SigningKey(ReadOnlySpan<byte> seed)
    {
        _seed = seed.ToArray();
        _key = Key.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey);
        Id = new(new Digest(_key.PublicKey.Export(KeyBlobFormat.RawPublicKey)));
    }

    /// <summary>The public key.</summary>
    public NodeId Id { get; }

    /// <summary>The key that an RFC 8032 seed stands for.</summary>
    /// <exception cref="ArgumentException">The seed is not 32 bytes long.</exception>
    public static SigningKey FromSeed(ReadOnlySpan<byte> seed) =>
        seed.Length == SeedSize ? new(seed) : throw new ArgumentException($"A seed has {SeedSize} bytes, not {seed.Length}.", nameof(seed));

    /// <summary>Signs <see cref="SignatureInput.Of"/>.</summary>
    public byte[] Sign(string domain, ReadOnlySpan<byte> payloadType, ReadOnlySpan<byte> payload) =>
        SignatureAlgorithm.Ed25519.Sign(_key, SignatureInput.Of(domain, payloadType, payload));

    /// <summary>Signs bytes that a foreign format defines, such as a C2SP note's text.</summary>
    public byte[] SignRaw(ReadOnlySpan<byte> message) => SignatureAlgorithm.Ed25519.Sign(_key, message);

    /// <summary>A separate key for another role: HKDF-SHA256 of the seed, no salt, info = "aria/key/1/" and the purpose (specs/wire.md §3).</summary>
    public SigningKey Derive(string purpose)
    {
        Span<byte> seed = stackalloc byte[SeedSize];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _seed, seed, [], Encoding.UTF8.GetBytes("aria/key/1/" + purpose));
        return new(seed);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_seed);
        _key.Dispose();
    }
}

using NSec.Cryptography;

namespace Aria.Libp2p.Keys;

/// <summary>32 bytes of key, 64 of signature (RFC 8032).</summary>
internal sealed class Ed25519Verification : Verification
{
    public const int KeyBytes = 32;

    // Which points are none shows when a signature is checked.
    public override bool IsKey(ReadOnlySpan<byte> data) => data.Length == KeyBytes;

    public override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        PublicKey.TryImport(SignatureAlgorithm.Ed25519, data, KeyBlobFormat.RawPublicKey, out PublicKey? key) && SignatureAlgorithm.Ed25519.Verify(key!, message, signature);
}

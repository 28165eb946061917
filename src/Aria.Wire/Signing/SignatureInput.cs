using System.Buffers;
using System.Text;
using NSec.Cryptography;

namespace Aria.Wire.Signing;

/// <summary>
/// What every ARIA signature covers: domain, payload type and payload, each behind its length as an unsigned varint
/// (libp2p RFC 0002; specs/wire.md §2).
/// </summary>
public static class SignatureInput
{
    /// <summary>Size of an Ed25519 signature in bytes.</summary>
    public const int SignatureSize = 64;

    /// <summary>The bytes to sign.</summary>
    public static byte[] Of(string domain, ReadOnlySpan<byte> payloadType, ReadOnlySpan<byte> payload)
    {
        ArrayBufferWriter<byte> output = new(payload.Length + payloadType.Length + domain.Length + 15);
        Add(output, Encoding.UTF8.GetBytes(domain));
        Add(output, payloadType);
        Add(output, payload);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Whether <paramref name="signature"/> is <paramref name="signer"/>'s (RFC 8032, single verification, libsodium's rules).</summary>
    public static bool Verify(NodeId signer, string domain, ReadOnlySpan<byte> payloadType, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> signature) =>
        VerifyRaw(signer, Of(domain, payloadType, payload), signature);

    /// <summary>Whether <paramref name="signature"/> is <paramref name="signer"/>'s over bytes that a foreign format defines, such as a C2SP note's text.</summary>
    public static bool VerifyRaw(NodeId signer, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        signature.Length == SignatureSize
        && PublicKey.TryImport(SignatureAlgorithm.Ed25519, signer.Key.Span, KeyBlobFormat.RawPublicKey, out PublicKey? key)
        && SignatureAlgorithm.Ed25519.Verify(key!, message, signature);

    private static void Add(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> part)
    {
        uint length = (uint)part.Length;
        for (; length >= 0x80; length >>= 7)
        {
            output.Write([(byte)(length | 0x80)]);
        }

        output.Write([(byte)length]);
        output.Write(part);
    }
}

using Aria.Wire.Canonical;

namespace Aria.Wire.Signing;

/// <summary>A payload with its signature, as received: the array [payload bin, signature bin 64] (specs/wire.md §2).</summary>
public readonly record struct SignedBytes(ReadOnlyMemory<byte> Payload, ReadOnlyMemory<byte> Signature)
{
    /// <summary>Signs <paramref name="payload"/>.</summary>
    public static SignedBytes Seal(SigningKey key, string domain, ReadOnlySpan<byte> payloadType, byte[] payload) =>
        new(payload, key.Sign(domain, payloadType, payload));

    /// <summary>The array's bytes.</summary>
    public byte[] Encode() => new CanonicalWriter().Array(2).Bytes(Payload.Span).Bytes(Signature.Span).ToArray();

    /// <summary>Reads the array; the signature is not checked.</summary>
    public static bool TryDecode(ReadOnlyMemory<byte> bytes, int maxPayloadBytes, out SignedBytes value)
    {
        CanonicalReader reader = new(bytes.Span);
        value = default;
        if (!reader.TryArray(2)
            || !reader.TryBytes(out ReadOnlySpan<byte> payload, 0, maxPayloadBytes)
            || !reader.TryBytes(out ReadOnlySpan<byte> signature, SignatureInput.SignatureSize, SignatureInput.SignatureSize)
            || !reader.AtEnd)
        {
            return false;
        }

        value = new(payload.ToArray(), signature.ToArray());
        return true;
    }

    /// <summary>Whether the signature is <paramref name="signer"/>'s.</summary>
    public bool Verify(NodeId signer, string domain, ReadOnlySpan<byte> payloadType) =>
        SignatureInput.Verify(signer, domain, payloadType, Payload.Span, Signature.Span);
}

using System.Diagnostics.CodeAnalysis;
using Aria.Wire.Signing;

namespace Aria.Provenance.Signatures;

/// <summary>A value whose signature was made or verified here, with the very bytes that carry it.</summary>
public sealed class Signed<T>
    where T : class, ISignedPayload<T>
{
    internal Signed(T value, ReadOnlyMemory<byte> bytes, SignedBytes parts)
    {
        Value = value;
        Bytes = bytes;
        Parts = parts;
        PayloadDigest = Digest.Of(parts.Payload.Span);
    }

    /// <summary>The value.</summary>
    public T Value { get; }

    /// <summary>The array [payload, signature], as received.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Payload and signature.</summary>
    public SignedBytes Parts { get; }

    /// <summary>SHA-256 of the payload: a plan's digest, a record's id.</summary>
    public Digest PayloadDigest { get; }
}

/// <summary>Signs and opens the values of this project (specs/provenance.md §2).</summary>
public static class Signed
{
    /// <summary>Signs <paramref name="value"/>.</summary>
    /// <exception cref="ArgumentException">The key is not the signer's, or no reader would take the value.</exception>
    public static Signed<T> Seal<T>(T value, SigningKey key)
        where T : class, ISignedPayload<T>
    {
        if (key.Id != value.Signer)
        {
            throw new ArgumentException($"Node {value.Signer} signs this, not {key.Id}.", nameof(key));
        }

        byte[] payload = value.Encode();
        OpenStatus status = payload.Length > T.MaxPayloadBytes ? OpenStatus.TooLong : T.TryDecode(payload, out _);
        if (status != OpenStatus.Done)
        {
            throw new ArgumentException($"No reader would take this {typeof(T).Name}: {status}, {payload.Length} bytes.", nameof(value));
        }

        SignedBytes parts = SignedBytes.Seal(key, T.Domain, T.PayloadType, payload);
        return new(value, parts.Encode(), parts);
    }

    /// <summary>Reads signed bytes and verifies their signature. The value is there if, and only if, all is well.</summary>
    public static OpenStatus TryOpen<T>(ReadOnlyMemory<byte> bytes, out Signed<T>? signed)
        where T : class, ISignedPayload<T>
    {
        OpenStatus status = Read(bytes, out signed);
        if (status == OpenStatus.Done && !signed!.Parts.Verify(signed.Value.Signer, T.Domain, T.PayloadType))
        {
            status = OpenStatus.WrongSignature;
        }

        signed = status == OpenStatus.Done ? signed : null;
        return status;
    }

    // As TryOpen without the signature's verification.
    internal static OpenStatus Read<T>(ReadOnlyMemory<byte> bytes, out Signed<T>? unverified)
        where T : class, ISignedPayload<T>
    {
        const int MaxFrame = 1 + 5 + 2 + SignatureInput.SignatureSize;      // array, bin header, bin header, signature
        unverified = null;
        if (bytes.Length > T.MaxPayloadBytes + MaxFrame)
        {
            return OpenStatus.TooLong;
        }

        if (!SignedBytes.TryDecode(bytes, T.MaxPayloadBytes, out SignedBytes parts))
        {
            return OpenStatus.NotCanonical;
        }

        OpenStatus status = T.TryDecode(parts.Payload.Span, out T? value);
        unverified = status == OpenStatus.Done ? new(value!, bytes, parts) : null;
        return status;
    }
}

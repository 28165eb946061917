using System.Diagnostics.CodeAnalysis;
using System.Text;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p;

/// <summary>
/// libp2p RFC 0002: a payload, its type and its signer, signed for one domain. Only verified envelopes exist as objects.
/// Protobuf: 1 public key, 2 payload type, 3 payload, 5 signature.
/// </summary>
public sealed class SignedEnvelope
{
    private readonly byte[] _payloadType;
    private readonly byte[] _payload;

    private SignedEnvelope(PeerId signer, byte[] payloadType, byte[] payload)
    {
        Signer = signer;
        _payloadType = payloadType;
        _payload = payload;
    }

    /// <summary>The id of the key that signed.</summary>
    public PeerId Signer { get; }

    /// <summary>What the payload is.</summary>
    public ReadOnlyMemory<byte> PayloadType => _payloadType;

    /// <summary>The signed bytes.</summary>
    public ReadOnlyMemory<byte> Payload => _payload;

    /// <summary>Signs <paramref name="payload"/> for <paramref name="domain"/> and returns the envelope's bytes.</summary>
    public static byte[] Seal(Identity identity, string domain, ReadOnlySpan<byte> payloadType, ReadOnlySpan<byte> payload)
    {
        ArgumentNullException.ThrowIfNull(identity);
        byte[] signature = identity.Sign(SignatureInput(domain, payloadType, payload));
        return new ProtobufWriter()
            .Bytes(1, identity.PublicKeyProtobuf())
            .Bytes(2, payloadType)
            .Bytes(3, payload)
            .Bytes(5, signature)
            .ToArray();
    }

    /// <summary>Reads an envelope and verifies its signature for <paramref name="domain"/>; false for anything else.</summary>
    public static bool TryOpen(ReadOnlySpan<byte> bytes, string domain, [NotNullWhen(true)] out SignedEnvelope? envelope)
    {
        envelope = null;
        ReadOnlySpan<byte> key = default, type = default, payload = default, signature = default;
        int seen = 0;
        ProtobufReader reader = new(bytes);
        while (reader.TryRead(out ProtobufField field))
        {
            if (field.Number is not (1 or 2 or 3 or 5))
            {
                continue;
            }

            if (!field.IsBytes || (seen & 1 << field.Number) != 0)
            {
                return false;
            }

            seen |= 1 << field.Number;
            switch (field.Number)
            {
                case 1: key = field.Bytes; break;
                case 2: type = field.Bytes; break;
                case 3: payload = field.Bytes; break;
                default: signature = field.Bytes; break;
            }
        }

        const int KeyAndSignature = 1 << 1 | 1 << 5;
        if (reader.IsMalformed || (seen & KeyAndSignature) != KeyAndSignature || !PeerKey.TryRead(key, out PeerKey? signer)
            || !signer.Verify(SignatureInput(domain, type, payload), signature))
        {
            return false;
        }

        envelope = new(signer.Id, type.ToArray(), payload.ToArray());
        return true;
    }

    private static byte[] SignatureInput(string domain, ReadOnlySpan<byte> payloadType, ReadOnlySpan<byte> payload)
    {
        ArgumentException.ThrowIfNullOrEmpty(domain);
        byte[] domainBytes = Encoding.UTF8.GetBytes(domain);
        byte[] input = new byte[3 * Uvarint.MaxBytes + domainBytes.Length + payloadType.Length + payload.Length];
        int length = Append(input, 0, domainBytes);
        length = Append(input, length, payloadType);
        length = Append(input, length, payload);
        return input[..length];

        static int Append(byte[] input, int at, ReadOnlySpan<byte> part)
        {
            at += Uvarint.Write(input.AsSpan(at), (ulong)part.Length);
            part.CopyTo(input.AsSpan(at));
            return at + part.Length;
        }
    }
}

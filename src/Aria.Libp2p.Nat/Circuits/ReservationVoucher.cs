using System.Diagnostics.CodeAnalysis;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.Nat.Circuits;

/// <summary>A relay's signed word that it relays to a peer until a time. Protobuf: 1 relay, 2 peer, 3 expiry in unix seconds; inside a signed envelope.</summary>
public sealed record ReservationVoucher(PeerId Relay, PeerId Peer, ulong ExpiresAtUnixSeconds)
{
    /// <summary>The signature's domain.</summary>
    public const string Domain = "libp2p-relay-rsvp";

    /// <summary>The largest envelope that is read, in bytes.</summary>
    public const int MaxBytes = 1024;

    /// <summary>The envelope's payload type.</summary>
    public static ReadOnlySpan<byte> PayloadType => [0x03, 0x02];

    /// <summary>The voucher's signed envelope; the signer must be the relay.</summary>
    public byte[] Seal(Identity relay)
    {
        ArgumentNullException.ThrowIfNull(relay);
        if (relay.PeerId != Relay)
        {
            throw new ArgumentException($"{relay.PeerId} cannot sign a voucher of {Relay}.", nameof(relay));
        }

        byte[] payload = new ProtobufWriter().Bytes(1, Relay.Bytes).Bytes(2, Peer.Bytes).Varint(3, ExpiresAtUnixSeconds).ToArray();
        return SignedEnvelope.Seal(relay, Domain, PayloadType, payload);
    }

    /// <summary>Reads a signed envelope with a voucher whose signer is the voucher's relay.</summary>
    public static bool TryOpen(ReadOnlySpan<byte> envelopeBytes, [NotNullWhen(true)] out ReservationVoucher? voucher)
    {
        voucher = null;
        if (envelopeBytes.Length > MaxBytes
            || !SignedEnvelope.TryOpen(envelopeBytes, Domain, out SignedEnvelope? envelope)
            || !envelope.PayloadType.Span.SequenceEqual(PayloadType)
            || !TryDecode(envelope.Payload.Span, out ReservationVoucher? signed)
            || signed.Relay != envelope.Signer)
        {
            return false;
        }

        voucher = signed;
        return true;
    }

    private static bool TryDecode(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out ReservationVoucher? voucher)
    {
        PeerId? relay = null, peer = null;
        ulong expires = 0;
        voucher = null;
        ProtobufReader reader = new(payload);
        while (reader.TryRead(out ProtobufField field))
        {
            switch (field.Number)
            {
                case 1 or 2 when !field.IsBytes:
                case 1 when !PeerId.TryFromBytes(field.Bytes, out relay):
                case 2 when !PeerId.TryFromBytes(field.Bytes, out peer):
                case 3 when field.IsBytes:
                    return false;
                case 3:
                    expires = field.Value;
                    break;
            }
        }

        voucher = reader.IsMalformed || relay is null || peer is null ? null : new(relay, peer, expires);
        return voucher is not null;
    }
}

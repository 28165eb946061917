using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p;

/// <summary>libp2p RFC 0003: the addresses that a peer signed for itself. Protobuf: 1 peer id, 2 sequence, 3 addresses {1 multiaddr}.</summary>
/// <param name="Peer">Whose addresses these are.</param>
/// <param name="Sequence">Grows with every record of the peer; nothing else may be read from it.</param>
/// <param name="Addresses">The addresses, as the peer lists them.</param>
public sealed record PeerRecord(PeerId Peer, ulong Sequence, ImmutableArray<Multiaddress> Addresses)
{
    /// <summary>The signature's domain.</summary>
    public const string Domain = "libp2p-peer-record";

    /// <summary>The largest envelope with a record that is read, in bytes.</summary>
    public const int MaxBytes = 8 * 1024;

    private const int MaxAddresses = 256;

    /// <summary>The envelope's payload type: the multicodec of a peer record.</summary>
    public static ReadOnlySpan<byte> PayloadType => [0x03, 0x01];

    /// <summary>The record's signed envelope; the signer must be the record's peer.</summary>
    public byte[] Seal(Identity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        if (identity.PeerId != Peer)
        {
            throw new ArgumentException($"{identity.PeerId} cannot sign a record of {Peer}.", nameof(identity));
        }

        ProtobufWriter payload = new ProtobufWriter().Bytes(1, Peer.Bytes).Varint(2, Sequence);
        foreach (Multiaddress address in Addresses)
        {
            payload.Bytes(3, new ProtobufWriter().Bytes(1, address.Bytes).Written.Span);
        }

        return SignedEnvelope.Seal(identity, Domain, PayloadType, payload.Written.Span);
    }

    /// <summary>Reads a signed envelope with a record whose signer is the record's peer; unreadable addresses in it are dropped.</summary>
    public static bool TryOpen(ReadOnlySpan<byte> envelopeBytes, [NotNullWhen(true)] out PeerRecord? record)
    {
        record = null;
        if (envelopeBytes.Length > MaxBytes
            || !SignedEnvelope.TryOpen(envelopeBytes, Domain, out SignedEnvelope? envelope)
            || !envelope.PayloadType.Span.SequenceEqual(PayloadType)
            || !TryDecode(envelope.Payload.Span, out PeerRecord? signed)
            || signed.Peer != envelope.Signer)
        {
            return false;
        }

        record = signed;
        return true;
    }

    private static bool TryDecode(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out PeerRecord? record)
    {
        PeerId? peer = null;
        ulong sequence = 0;
        ImmutableArray<Multiaddress>.Builder addresses = ImmutableArray.CreateBuilder<Multiaddress>();
        record = null;
        ProtobufReader reader = new(payload);
        while (reader.TryRead(out ProtobufField field))
        {
            switch (field.Number)
            {
                case 1 when !field.IsBytes || !PeerId.TryFromBytes(field.Bytes, out peer):
                    return false;
                case 2 when field.IsBytes:
                    return false;
                case 2:
                    sequence = field.Value;
                    break;
                case 3 when field.IsBytes && addresses.Count < MaxAddresses && TryDecodeAddress(field.Bytes, out Multiaddress? address):
                    addresses.Add(address);
                    break;
            }
        }

        record = reader.IsMalformed || peer is null ? null : new(peer, sequence, addresses.DrainToImmutable());
        return record is not null;
    }

    private static bool TryDecodeAddress(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Multiaddress? address)
    {
        address = null;
        ProtobufReader reader = new(bytes);
        while (reader.TryRead(out ProtobufField field))
        {
            if (field is { Number: 1, IsBytes: true } && !Multiaddress.TryParse(field.Bytes, out address))
            {
                return false;
            }
        }

        return !reader.IsMalformed && address is not null;
    }
}

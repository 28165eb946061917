using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.Nat.Probing;

/// <summary>
/// AutoNAT v1. Protobuf: 1 type (DIAL 0, DIAL_RESPONSE 1), 2 dial {1 peer {1 id, 2 addresses}}, 3 response {1 status, 2 text, 3 address}. Either is the request with who asks and where, or the
/// response.
/// </summary>
internal sealed record V1Message
{
    public const string Id = "/libp2p/autonat/1.0.0";
    public const int MaxBytes = 8192;
    public const int MaxAddresses = 64;

    private const int MaxTextChars = 256;

    /// <summary>Who wants to be dialed; null in a response.</summary>
    public PeerId? Peer { get; init; }

    public ImmutableArray<Multiaddress> Addresses { get; init; } = [];

    public bool IsResponse { get; init; }

    public V1Status Status { get; init; }

    public string StatusText { get; init; } = "";

    public Multiaddress? Reached { get; init; }

    public byte[] Encode()
    {
        ProtobufWriter writer = new ProtobufWriter().Varint(1, IsResponse ? 1u : 0u);
        if (!IsResponse)
        {
            ProtobufWriter peer = new();
            if (Peer is not null)
            {
                peer.Bytes(1, Peer.Bytes);
            }

            foreach (Multiaddress address in Addresses)
            {
                peer.Bytes(2, address.Bytes);
            }

            return writer.Bytes(2, new ProtobufWriter().Bytes(1, peer.ToArray()).ToArray()).ToArray();
        }

        ProtobufWriter response = new ProtobufWriter().Varint(1, (ulong)Status);
        if (StatusText.Length > 0)
        {
            response.Text(2, StatusText);
        }

        if (Reached is not null)
        {
            response.Bytes(3, Reached.Bytes);
        }

        return writer.Bytes(3, response.ToArray()).ToArray();
    }

    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out V1Message? message)
    {
        message = null;
        V1Message read = new();
        bool hasType = false;
        ProtobufReader reader = new(bytes);
        while (reader.TryRead(out ProtobufField field))
        {
            switch (field.Number)
            {
                case 1 when field.IsBytes || field.Value > 1:
                case 2 or 3 when !field.IsBytes:
                    return false;
                case 1:
                    read = read with { IsResponse = field.Value == 1 };
                    hasType = true;
                    break;
                case 2 when !TryReadDial(field.Bytes, ref read):
                case 3 when !TryReadResponse(field.Bytes, ref read):
                    return false;
            }
        }

        message = reader.IsMalformed || !hasType ? null : read;
        return message is not null;
    }

    private static bool TryReadDial(ReadOnlySpan<byte> bytes, ref V1Message read)
    {
        ImmutableArray<Multiaddress>.Builder addresses = ImmutableArray.CreateBuilder<Multiaddress>();
        ProtobufReader dial = new(bytes);
        while (dial.TryRead(out ProtobufField outer))
        {
            if (outer.Number != 1)
            {
                continue;
            }

            if (!outer.IsBytes)
            {
                return false;
            }

            ProtobufReader peer = new(outer.Bytes);
            while (peer.TryRead(out ProtobufField field))
            {
                PeerId? id = null;
                switch (field.Number)
                {
                    case 1 or 2 when !field.IsBytes:
                    case 1 when !PeerId.TryFromBytes(field.Bytes, out id):
                        return false;
                    case 1:
                        read = read with { Peer = id };
                        break;
                    case 2 when addresses.Count < MaxAddresses && Multiaddress.TryParse(field.Bytes, out Multiaddress? address):
                        addresses.Add(address);
                        break;
                }
            }

            if (peer.IsMalformed)
            {
                return false;
            }
        }

        read = read with { Addresses = addresses.DrainToImmutable() };
        return !dial.IsMalformed;
    }

    private static bool TryReadResponse(ReadOnlySpan<byte> bytes, ref V1Message read)
    {
        ProtobufReader response = new(bytes);
        while (response.TryRead(out ProtobufField field))
        {
            switch (field.Number)
            {
                case 1 when field.IsBytes || field.Value > int.MaxValue:
                case 2 or 3 when !field.IsBytes:
                    return false;
                case 1:
                    read = read with { Status = (V1Status)field.Value };
                    break;
                case 2 when field.Bytes.Length <= MaxTextChars && System.Text.Unicode.Utf8.IsValid(field.Bytes):
                    read = read with { StatusText = Encoding.UTF8.GetString(field.Bytes) };
                    break;
                case 3 when Multiaddress.TryParse(field.Bytes, out Multiaddress? address):
                    read = read with { Reached = address };
                    break;
            }
        }

        return !response.IsMalformed;
    }

    public bool Equals(V1Message? other) => other is not null && Peer == other.Peer && Addresses.SequenceEqual(other.Addresses) && IsResponse == other.IsResponse
        && Status == other.Status && StatusText == other.StatusText && Equals(Reached, other.Reached);

    public override int GetHashCode() => HashCode.Combine(Peer, IsResponse, Status, Reached);
}

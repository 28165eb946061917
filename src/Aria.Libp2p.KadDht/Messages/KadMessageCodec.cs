using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.KadDht.Messages;

/// <summary>
/// The protobuf of libp2p's kad-dht (specs/dht.md §4): 1 type, 2 key, 3 record, 8 closer peers, 9 provider peers. Fields are written in that
/// order, empty ones not at all. A reader skips unknown fields, peers without a readable id, addresses it does not understand, and what
/// goes over the bounds.
/// </summary>
internal static class KadMessageCodec
{
    /// <summary>Bytes of a key.</summary>
    public const int MaxKeyBytes = 512;

    /// <summary>Peers taken from one list of a message.</summary>
    public const int MaxPeers = 256;

    /// <summary>Addresses taken for one peer.</summary>
    public const int MaxAddresses = 25;

    private const int MaxTimeBytes = 64;

    public static byte[] Encode(KadMessage message)
    {
        ProtobufWriter writer = new();
        if (message.Type != KadMessageType.PutValue)
        {
            writer.Varint(1, (ulong)message.Type);
        }

        if (!message.Key.IsEmpty)
        {
            writer.Bytes(2, message.Key.Span);
        }

        if (message.Record is { } record)
        {
            writer.Bytes(3, Encode(record));
        }

        foreach (KadPeer peer in message.CloserPeers)
        {
            writer.Bytes(8, Encode(peer));
        }

        foreach (KadPeer peer in message.ProviderPeers)
        {
            writer.Bytes(9, Encode(peer));
        }

        return writer.ToArray();
    }

    public static byte[] Encode(KadRecord record)
    {
        ProtobufWriter writer = new();
        if (!record.Key.IsEmpty)
        {
            writer.Bytes(1, record.Key.Span);
        }

        if (!record.Value.IsEmpty)
        {
            writer.Bytes(2, record.Value.Span);
        }

        if (record.TimeReceived.Length > 0)
        {
            writer.Text(5, record.TimeReceived);
        }

        return writer.ToArray();
    }

    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out KadMessage? message)
    {
        message = null;
        ulong type = 0;
        ReadOnlySpan<byte> key = default;
        KadRecord? record = null;
        ImmutableArray<KadPeer>.Builder closer = ImmutableArray.CreateBuilder<KadPeer>();
        ImmutableArray<KadPeer>.Builder providers = ImmutableArray.CreateBuilder<KadPeer>();
        ProtobufReader reader = new(bytes);
        while (reader.TryRead(out ProtobufField field))
        {
            if (field.Number is not (1 or 2 or 3 or 8 or 9))
            {
                continue;
            }

            if (field.IsBytes == (field.Number == 1))
            {
                return false;
            }

            switch (field.Number)
            {
                case 1:
                    type = field.Value;
                    break;
                case 2:
                    key = field.Bytes;
                    break;
                case 3 when !TryDecodeRecord(field.Bytes, out record):
                case 8 when !TryAddPeer(field.Bytes, closer):
                case 9 when !TryAddPeer(field.Bytes, providers):
                    return false;
            }
        }

        if (reader.IsMalformed || type > (ulong)KadMessageType.Ping || key.Length > MaxKeyBytes)
        {
            return false;
        }

        message = new((KadMessageType)type, key.ToArray())
        {
            Record = record,
            CloserPeers = closer.DrainToImmutable(),
            ProviderPeers = providers.DrainToImmutable(),
        };
        return true;
    }

    /// <summary>A time as records carry it: UTC with nine digits after the second.</summary>
    public static string FormatTime(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'", CultureInfo.InvariantCulture);

    private static byte[] Encode(KadPeer peer)
    {
        ProtobufWriter writer = new ProtobufWriter().Bytes(1, peer.Id.Bytes);
        foreach (Multiaddress address in peer.Addresses)
        {
            writer.Bytes(2, address.Bytes);
        }

        if (peer.Connection != 0)
        {
            writer.Varint(3, peer.Connection);
        }

        return writer.ToArray();
    }

    private static bool TryDecodeRecord(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out KadRecord? record)
    {
        record = null;
        ReadOnlySpan<byte> key = default, value = default, time = default;
        ProtobufReader reader = new(bytes);
        while (reader.TryRead(out ProtobufField field))
        {
            if (field.Number is not (1 or 2 or 5))
            {
                continue;
            }

            if (!field.IsBytes)
            {
                return false;
            }

            switch (field.Number)
            {
                case 1: key = field.Bytes; break;
                case 2: value = field.Bytes; break;
                default: time = field.Bytes; break;
            }
        }

        if (reader.IsMalformed || key.Length > MaxKeyBytes)
        {
            return false;
        }

        record = new(key.ToArray(), value.ToArray(), time.Length <= MaxTimeBytes ? Encoding.UTF8.GetString(time) : "");
        return true;
    }

    // False only for malformed protobuf: a peer that cannot be used is left out.
    private static bool TryAddPeer(ReadOnlySpan<byte> bytes, ImmutableArray<KadPeer>.Builder peers)
    {
        ReadOnlySpan<byte> id = default;
        ulong connection = 0;
        ImmutableArray<Multiaddress>.Builder addresses = ImmutableArray.CreateBuilder<Multiaddress>();
        ProtobufReader reader = new(bytes);
        while (reader.TryRead(out ProtobufField field))
        {
            if (field.Number is not (1 or 2 or 3))
            {
                continue;
            }

            if (field.IsBytes == (field.Number == 3))
            {
                return false;
            }

            if (field.Number == 1)
            {
                id = field.Bytes;
            }
            else if (field.Number == 3)
            {
                connection = field.Value;
            }
            else if (addresses.Count < MaxAddresses && peers.Count < MaxPeers && Multiaddress.TryParse(field.Bytes, out Multiaddress? address))
            {
                addresses.Add(address);
            }
        }

        if (peers.Count < MaxPeers && PeerId.TryFromBytes(id, out PeerId? peer))
        {
            peers.Add(new(peer, addresses.DrainToImmutable(), connection));
        }

        return !reader.IsMalformed;
    }
}

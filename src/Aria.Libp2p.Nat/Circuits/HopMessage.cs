using System.Diagnostics.CodeAnalysis;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.Nat.Circuits;

internal enum HopType
{
    Reserve = 0,
    Connect = 1,
    Status = 2,
}

/// <summary>
/// Between a peer and its relay (<see cref="Id"/>). Protobuf: 1 type, always written, 2 peer, 3 reservation, 4 limit, 5 status;
/// on the stream behind its length as a uvarint.
/// </summary>
internal sealed record HopMessage(HopType Type)
{
    public const string Id = "/libp2p/circuit/relay/0.2.0/hop";

    /// <summary>The longest message of hop and of stop.</summary>
    public const int MaxBytes = 4096;

    public CircuitPeer? Peer { get; init; }

    public ReservationGrant? Reservation { get; init; }

    public CircuitLimit Limit { get; init; }

    public CircuitStatus Status { get; init; }

    public byte[] Encode()
    {
        ProtobufWriter writer = new ProtobufWriter().Varint(1, (ulong)Type);
        if (Peer is not null)
        {
            writer.Bytes(2, Peer.Encode());
        }

        if (Reservation is not null)
        {
            writer.Bytes(3, Reservation.Encode());
        }

        if (Limit.IsAny)
        {
            writer.Bytes(4, Limit.Encode());
        }

        return (Status == CircuitStatus.None ? writer : writer.Varint(5, (ulong)Status)).ToArray();
    }

    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out HopMessage? message)
    {
        message = null;
        HopMessage? read = null;
        CircuitPeer? peer = null;
        ReservationGrant? reservation = null;
        CircuitLimit limit = default;
        CircuitStatus status = default;
        ProtobufReader reader = new(bytes);
        while (reader.TryRead(out ProtobufField field))
        {
            switch (field.Number)
            {
                case 1 or 5 when field.IsBytes || field.Value > int.MaxValue:
                case 2 or 3 or 4 when !field.IsBytes:
                case 1 when field.Value > (ulong)HopType.Status:
                case 2 when !CircuitPeer.TryDecode(field.Bytes, out peer):
                case 3 when !ReservationGrant.TryDecode(field.Bytes, out reservation):
                case 4 when !CircuitLimit.TryDecode(field.Bytes, out limit):
                    return false;
                case 1:
                    read = new((HopType)field.Value);
                    break;
                case 5:
                    status = (CircuitStatus)field.Value;
                    break;
            }
        }

        message = reader.IsMalformed || read is null ? null : read with { Peer = peer, Reservation = reservation, Limit = limit, Status = status };
        return message is not null;
    }
}

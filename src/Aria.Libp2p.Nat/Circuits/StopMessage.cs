using System.Diagnostics.CodeAnalysis;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.Nat.Circuits;

internal enum StopType
{
    Connect = 0,
    Status = 1,
}

/// <summary>Between a relay and the target of a circuit (<see cref="Id"/>). Protobuf: 1 type, always written, 2 peer, 3 limit, 4 status; framed as <see cref="HopMessage"/>.</summary>
internal sealed record StopMessage(StopType Type)
{
    public const string Id = "/libp2p/circuit/relay/0.2.0/stop";

    public CircuitPeer? Peer { get; init; }

    public CircuitLimit Limit { get; init; }

    public CircuitStatus Status { get; init; }

    public byte[] Encode()
    {
        ProtobufWriter writer = new ProtobufWriter().Varint(1, (ulong)Type);
        if (Peer is not null)
        {
            writer.Bytes(2, Peer.Encode());
        }

        if (Limit.IsAny)
        {
            writer.Bytes(3, Limit.Encode());
        }

        return (Status == CircuitStatus.None ? writer : writer.Varint(4, (ulong)Status)).ToArray();
    }

    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out StopMessage? message)
    {
        message = null;
        StopMessage? read = null;
        CircuitPeer? peer = null;
        CircuitLimit limit = default;
        CircuitStatus status = default;
        ProtobufReader reader = new(bytes);
        while (reader.TryRead(out ProtobufField field))
        {
            switch (field.Number)
            {
                case 1 or 4 when field.IsBytes || field.Value > int.MaxValue:
                case 2 or 3 when !field.IsBytes:
                case 1 when field.Value > (ulong)StopType.Status:
                case 2 when !CircuitPeer.TryDecode(field.Bytes, out peer):
                case 3 when !CircuitLimit.TryDecode(field.Bytes, out limit):
                    return false;
                case 1:
                    read = new((StopType)field.Value);
                    break;
                case 4:
                    status = (CircuitStatus)field.Value;
                    break;
            }
        }

        message = reader.IsMalformed || read is null ? null : read with { Peer = peer, Limit = limit, Status = status };
        return message is not null;
    }
}

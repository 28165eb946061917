using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.Nat.Circuits;

/// <summary>When a relay ends a circuit. Protobuf: 1 seconds, 2 bytes in each direction; 0 or absent is no limit.</summary>
internal readonly record struct CircuitLimit(uint DurationSeconds, ulong DataBytes)
{
    public bool IsAny => DurationSeconds > 0 || DataBytes > 0;

    public byte[] Encode() => new ProtobufWriter().Varint(1, DurationSeconds).Varint(2, DataBytes).ToArray();

    public static bool TryDecode(ReadOnlySpan<byte> bytes, out CircuitLimit limit)
    {
        limit = default;
        ProtobufReader reader = new(bytes);
        while (reader.TryRead(out ProtobufField field))
        {
            switch (field.Number)
            {
                case 1 or 2 when field.IsBytes:
                    return false;
                case 1:
                    limit = limit with { DurationSeconds = (uint)Math.Min(field.Value, uint.MaxValue) };
                    break;
                case 2:
                    limit = limit with { DataBytes = field.Value };
                    break;
            }
        }

        return !reader.IsMalformed;
    }
}

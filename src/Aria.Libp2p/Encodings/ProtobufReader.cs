using System.Buffers;
using System.Buffers.Binary;

namespace Aria.Libp2p.Encodings;

/// <summary>One field of a protobuf message: a number for varint and fixed wire types, bytes for the length-delimited one.</summary>
public readonly ref struct ProtobufField
{
    internal ProtobufField(int number, ulong value)
    {
        Number = number;
        Value = value;
    }

    internal ProtobufField(int number, ReadOnlySpan<byte> bytes)
    {
        Number = number;
        Bytes = bytes;
        IsBytes = true;
    }

    /// <summary>The field number, at least 1.</summary>
    public int Number { get; }

    /// <summary>True for wire type 2: <see cref="Bytes"/> is the content.</summary>
    public bool IsBytes { get; }

    /// <summary>The value of a varint, fixed64 or fixed32 field.</summary>
    public ulong Value { get; }

    /// <summary>The content of a length-delimited field, a slice of the message.</summary>
    public ReadOnlySpan<byte> Bytes { get; }
}

/// <summary>
/// Walks the fields of one protobuf message without allocating. Groups, field number 0 and lengths past the end are malformed;
/// unknown fields are the caller's to skip. Varints may be non-minimal and up to ten bytes, as protobuf allows.
/// </summary>
public ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>True once the walk met bytes that are no protobuf; <see cref="TryRead"/> then answers false.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Bytes that were not walked yet: where the last field ended, seen from the message's end.</summary>
    public readonly int RemainingBytes => _rest.Length;

    /// <summary>Reads the next field; false at the end of the message or where it is malformed.</summary>
    public bool TryRead(out ProtobufField field)
    {
        field = default;
        if (IsMalformed || _rest.IsEmpty)
        {
            return false;
        }

        if (!TryReadVarint(out ulong tag) || tag >> 3 is 0 or > 0x1fff_ffff)
        {
            return Malformed();
        }

        int number = (int)(tag >> 3);
        switch ((int)tag & 7)
        {
            case 0 when TryReadVarint(out ulong value):
                field = new(number, value);
                return true;
            case 1 when _rest.Length >= sizeof(ulong):
                field = new(number, BinaryPrimitives.ReadUInt64LittleEndian(_rest));
                _rest = _rest[sizeof(ulong)..];
                return true;
            case 2 when TryReadVarint(out ulong length) && length <= (ulong)_rest.Length:
                field = new(number, _rest[..(int)length]);
                _rest = _rest[(int)length..];
                return true;
            case 5 when _rest.Length >= sizeof(uint):
                field = new(number, BinaryPrimitives.ReadUInt32LittleEndian(_rest));
                _rest = _rest[sizeof(uint)..];
                return true;
            default:
                return Malformed();
        }
    }

    private bool Malformed()
    {
        IsMalformed = true;
        return false;
    }

    private bool TryReadVarint(out ulong value)
    {
        const int MaxVarintBytes = 10;
        value = 0;
        for (int i = 0; i < _rest.Length && i < MaxVarintBytes; i++)
        {
            byte group = _rest[i];
            if (i == MaxVarintBytes - 1 && group > 1)
            {
                return false;
            }

            value |= (ulong)(group & 0x7f) << (7 * i);
            if (group < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}

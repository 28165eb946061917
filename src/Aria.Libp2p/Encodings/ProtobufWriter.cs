using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Aria.Libp2p.Encodings;

/// <summary>Writes protobuf fields in the order of the calls; nothing is added, dropped or reordered.</summary>
public sealed class ProtobufWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new();

    /// <summary>The bytes written so far.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    /// <summary>Writes a varint field, also where the value is zero.</summary>
    public ProtobufWriter Varint(int field, ulong value)
    {
        Raw((uint)field << 3);
        Raw(value);
        return this;
    }

    /// <summary>Writes a fixed64 field, also where the value is zero.</summary>
    public ProtobufWriter Fixed64(int field, ulong value)
    {
        Raw((uint)field << 3 | 1);
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.GetSpan(sizeof(ulong)), value);
        _buffer.Advance(sizeof(ulong));
        return this;
    }

    /// <summary>Writes a length-delimited field.</summary>
    public ProtobufWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Raw((uint)field << 3 | 2);
        Raw((uint)value.Length);
        _buffer.Write(value);
        return this;
    }

    /// <summary>Writes a string field as UTF-8.</summary>
    public ProtobufWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    /// <summary>A copy of the bytes written so far.</summary>
    public byte[] ToArray() => _buffer.WrittenSpan.ToArray();

    private void Raw(ulong value)
    {
        const int MaxVarintBytes = 10;
        Span<byte> destination = _buffer.GetSpan(MaxVarintBytes);
        int count = 0;
        for (; value >= 0x80; value >>= 7)
        {
            destination[count++] = (byte)(value | 0x80);
        }

        destination[count++] = (byte)value;
        _buffer.Advance(count);
    }
}

using System.Buffers.Binary;

namespace Aria.Engine.Models.Import;

/// <summary>The fields of one protobuf message, in order; a submessage is a field's bytes. Groups are refused.</summary>
internal ref struct ProtobufCursor(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>The next field: its bytes where it has a length, else its number. False at the end.</summary>
    /// <exception cref="ModelFormatException">The message ends inside a field, or holds none that protobuf has.</exception>
    public bool Next(out int field, out ReadOnlySpan<byte> value, out long number)
    {
        field = 0;
        value = default;
        number = 0;
        if (_rest.IsEmpty)
        {
            return false;
        }

        ulong tag = Varint();
        field = tag >> 3 is > 0 and <= int.MaxValue and var known ? (int)known : throw new ModelFormatException("The tokenizer's protobuf holds a field without a number.");
        switch (tag & 7)
        {
            case 0:
                number = (long)Varint();
                break;
            case 1:
                number = BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));
                break;
            case 2:
                value = Take(Varint());
                break;
            case 5:
                number = BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));
                break;
            default:
                throw new ModelFormatException($"The tokenizer's protobuf has the wire type {tag & 7}, which is not read.");
        }

        return true;
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)_rest.Length)
        {
            throw new ModelFormatException($"The tokenizer's protobuf ends inside a field of {length} bytes; {_rest.Length} are left.");
        }

        ReadOnlySpan<byte> taken = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return taken;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte part = Take(1)[0];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }

        throw new ModelFormatException("The tokenizer's protobuf holds a number of more than ten bytes.");
    }
}

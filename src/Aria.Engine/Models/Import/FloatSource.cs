using System.Runtime.InteropServices;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Numerics;

namespace Aria.Engine.Models.Import;

/// <summary>Rows of plain numbers in a checkpoint: an embedding, a head, a norm, or master weights.</summary>
internal sealed unsafe class FloatSource
{
    private readonly byte* _data;
    private readonly long _rowBytes;

    /// <param name="name">For messages.</param>
    /// <param name="type">F32, F16 or BF16.</param>
    /// <param name="data">(rows, columns)</param>
    /// <param name="rows">One for a vector.</param>
    /// <param name="columns">Elements of a row.</param>
    public FloatSource(string name, TensorType type, byte* data, int rows, int columns)
    {
        (Name, Type, Rows, Columns) = (name, type, rows, columns);
        _data = data;
        _rowBytes = type.Bytes(columns);
    }

    public string Name { get; }

    public TensorType Type { get; }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>The numbers of a safetensors tensor; null where it holds no numbers of these types.</summary>
    public static FloatSource? Of(SafetensorsTensor tensor, int rows, int columns) => tensor.Type switch
    {
        SafetensorsType.F32 => new(tensor.Name, TensorType.F32, tensor.Data, rows, columns),
        SafetensorsType.F16 => new(tensor.Name, TensorType.F16, tensor.Data, rows, columns),
        SafetensorsType.BF16 => new(tensor.Name, TensorType.BF16, tensor.Data, rows, columns),
        _ => null,
    };

    /// <summary>One row as f32, exactly.</summary>
    /// <exception cref="ModelFormatException">NaN or an infinity.</exception>
    public void Row(int row, Span<float> values)
    {
        RowDecoding.Decode(Type, new(_data + (row * _rowBytes), (int)_rowBytes), values[..Columns]);
        foreach (float value in values[..Columns])
        {
            if (!float.IsFinite(value))
            {
                throw new ModelFormatException($"The tensor '{Name}' holds {value} in row {row}.");
            }
        }
    }

    /// <summary>One row as <paramref name="type"/> stores it, each number rounded to nearest, ties to even; <paramref name="room"/> holds a row of f32.</summary>
    /// <exception cref="ModelFormatException">A number that is not finite, or too large for the type.</exception>
    public void Row(int row, TensorType type, Span<float> room, Span<byte> bytes)
    {
        room = room[..Columns];
        Row(row, room);
        if (type == TensorType.F32)
        {
            MemoryMarshal.AsBytes(room).CopyTo(bytes);
            return;
        }

        Span<ushort> output = MemoryMarshal.Cast<byte, ushort>(bytes)[..Columns];
        for (int i = 0; i < output.Length; i++)
        {
            output[i] = type == TensorType.F16 ? Float16.FromSingle(room[i]) : BrainFromSingle(room[i]);
            if ((output[i] & 0x7fff) == (type == TensorType.F16 ? Float16.Infinity : 0x7f80))
            {
                throw new ModelFormatException($"The tensor '{Name}' holds {room[i]} in row {row}, too large for {type}.");
            }
        }
    }

    private static ushort BrainFromSingle(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }
}

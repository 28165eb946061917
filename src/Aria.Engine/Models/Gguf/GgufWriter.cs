using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Aria.Engine.Models.Gguf;

/// <summary>
/// Writes a GGUF v3 file front to back: metadata and tensor table are collected, then the head is written, then each tensor's bytes in the order
/// of the table (specs/model.md §1). Little-endian; every tensor begins at a multiple of <see cref="Alignment"/>.
/// </summary>
internal sealed class GgufWriter
{
    /// <summary>Of the data and of every tensor in it, in bytes.</summary>
    public const int Alignment = 32;

    private const uint Version = 3;
    private const uint TypeU32 = 4, TypeI32 = 5, TypeF32 = 6, TypeBool = 7, TypeText = 8, TypeArray = 9;

    private readonly List<GgufTensorPlan> _tensors = [];
    private readonly ArrayBufferWriter<byte> _pairs = new();
    private ulong _pairCount;

    /// <summary>The tensors so far, each with its offset from the start of the data.</summary>
    public IReadOnlyList<GgufTensorPlan> Tensors => _tensors;

    /// <summary>Bytes of the data, the last tensor's padding included.</summary>
    public long DataBytes => _tensors.Count == 0 ? 0 : Aligned(_tensors[^1].Offset + _tensors[^1].Bytes);

    public GgufWriter Add(string key, string value)
    {
        Key(key, TypeText);
        Text(_pairs, value);
        return this;
    }

    public GgufWriter Add(string key, uint value)
    {
        Key(key, TypeU32);
        U32(_pairs, value);
        return this;
    }

    public GgufWriter Add(string key, float value)
    {
        Key(key, TypeF32);
        U32(_pairs, BitConverter.SingleToUInt32Bits(value));
        return this;
    }

    public GgufWriter Add(string key, bool value)
    {
        Key(key, TypeBool);
        _pairs.Write([value ? (byte)1 : (byte)0]);
        return this;
    }

    public GgufWriter Add(string key, IReadOnlyCollection<string> values)
    {
        Array(key, TypeText, values.Count);
        foreach (string value in values)
        {
            Text(_pairs, value);
        }

        return this;
    }

    public GgufWriter Add(string key, IReadOnlyCollection<int> values)
    {
        Array(key, TypeI32, values.Count);
        foreach (int value in values)
        {
            U32(_pairs, (uint)value);
        }

        return this;
    }

    public GgufWriter Add(string key, IReadOnlyCollection<float> values)
    {
        Array(key, TypeF32, values.Count);
        foreach (float value in values)
        {
            U32(_pairs, BitConverter.SingleToUInt32Bits(value));
        }

        return this;
    }

    /// <summary>Appends a tensor to the table: <paramref name="columns"/> is the fastest axis; a vector has one row and one dimension.</summary>
    public GgufWriter Add(string name, int columns, int? rows, TensorType type)
    {
        _tensors.Add(new(name, columns, rows, type, DataBytes));
        return this;
    }

    /// <summary>Everything before the data, padded to where the data begins.</summary>
    public byte[] Head()
    {
        ArrayBufferWriter<byte> head = new();
        head.Write("GGUF"u8);
        U32(head, Version);
        U64(head, (ulong)_tensors.Count);
        U64(head, _pairCount);
        head.Write(_pairs.WrittenSpan);
        foreach (GgufTensorPlan tensor in _tensors)
        {
            Text(head, tensor.Name);
            U32(head, tensor.Rows is null ? 1u : 2u);
            U64(head, (ulong)tensor.Columns);
            if (tensor.Rows is { } rows)
            {
                U64(head, (ulong)rows);
            }

            U32(head, (uint)tensor.Type);
            U64(head, (ulong)tensor.Offset);
        }

        byte[] padded = new byte[Aligned(head.WrittenCount)];
        head.WrittenSpan.CopyTo(padded);
        return padded;
    }

    /// <summary>The next multiple of <see cref="Alignment"/>.</summary>
    public static long Aligned(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    private static void Text(ArrayBufferWriter<byte> output, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        U64(output, (ulong)bytes.Length);
        output.Write(bytes);
    }

    private static void U32(ArrayBufferWriter<byte> output, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        output.Write(bytes);
    }

    private static void U64(ArrayBufferWriter<byte> output, ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        output.Write(bytes);
    }

    private void Key(string key, uint type)
    {
        Text(_pairs, key);
        U32(_pairs, type);
        _pairCount++;
    }

    private void Array(string key, uint elementType, int count)
    {
        Key(key, TypeArray);
        U32(_pairs, elementType);
        U64(_pairs, (ulong)count);
    }
}

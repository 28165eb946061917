using System.Runtime.InteropServices;
using System.Text;

namespace Aria.Engine.Tests.Models;

/// <summary>Writes GGUF files for tests, right ones and wrong ones.</summary>
internal sealed class GgufBuilder
{
    private readonly List<(string Key, byte[] Value)> _pairs = [];
    private readonly List<Tensor> _tensors = [];

    public uint Version { get; set; } = 3;

    public int Alignment { get; set; } = 32;

    public IReadOnlyList<Tensor> Tensors => _tensors;

    public sealed record Tensor(string Name, uint Type, ulong[] Dimensions, byte[] Data)
    {
        /// <summary>Null: behind the tensor before.</summary>
        public ulong? Offset { get; init; }
    }

    public GgufBuilder Set(string key, object value)
    {
        Remove(key);
        return Add(key, value);
    }

    public GgufBuilder Remove(string key)
    {
        _pairs.RemoveAll(pair => pair.Key == key);
        return this;
    }

    public GgufBuilder Add(string key, object value)
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        Write(writer, value);
        writer.Flush();
        _pairs.Add((key, stream.ToArray()));
        return this;
    }

    public GgufBuilder AddRaw(string key, params byte[] typeAndValue)
    {
        _pairs.Add((key, typeAndValue));
        return this;
    }

    public GgufBuilder Add(Tensor tensor)
    {
        _tensors.Add(tensor);
        return this;
    }

    public GgufBuilder Change(string name, Func<Tensor, Tensor> change)
    {
        int at = _tensors.FindIndex(tensor => tensor.Name == name);
        _tensors[at] = change(_tensors[at]);
        return this;
    }

    public GgufBuilder RemoveTensor(string name)
    {
        _tensors.RemoveAll(tensor => tensor.Name == name);
        return this;
    }

    public byte[] Build()
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        writer.Write("GGUF"u8);
        writer.Write(Version);
        writer.Write((ulong)_tensors.Count);
        writer.Write((ulong)_pairs.Count);
        foreach ((string key, byte[] value) in _pairs)
        {
            Text(writer, key);
            writer.Write(value);
        }

        ulong next = 0;
        List<(ulong Offset, byte[] Data)> places = [];
        foreach (Tensor tensor in _tensors)
        {
            ulong offset = tensor.Offset ?? next;
            next = offset + (((ulong)tensor.Data.Length + (ulong)Alignment - 1) / (ulong)Alignment * (ulong)Alignment);
            places.Add((offset, tensor.Data));
            Text(writer, tensor.Name);
            writer.Write(tensor.Dimensions.Length);
            Array.ForEach(tensor.Dimensions, writer.Write);
            writer.Write(tensor.Type);
            writer.Write(offset);
        }

        writer.Flush();
        long start = (stream.Position + Alignment - 1) / Alignment * Alignment;
        foreach ((ulong offset, byte[] data) in places.Where(place => place.Offset < 1 << 24))
        {
            stream.Position = start + (long)offset;
            stream.Write(data);
        }

        return stream.ToArray();
    }

    public static byte[] Singles(IEnumerable<float> values) => MemoryMarshal.AsBytes<float>(values.ToArray()).ToArray();

    private static void Text(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static void Write(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case uint number:
                writer.Write(4u);
                writer.Write(number);
                break;
            case float number:
                writer.Write(6u);
                writer.Write(number);
                break;
            case bool flag:
                writer.Write(7u);
                writer.Write(flag);
                break;
            case string text:
                writer.Write(8u);
                Text(writer, text);
                break;
            case string[] texts:
                writer.Write(9u);
                writer.Write(8u);
                writer.Write((ulong)texts.Length);
                Array.ForEach(texts, text => Text(writer, text));
                break;
            case int[] numbers:
                writer.Write(9u);
                writer.Write(5u);
                writer.Write((ulong)numbers.Length);
                Array.ForEach(numbers, writer.Write);
                break;
            case float[] numbers:
                writer.Write(9u);
                writer.Write(6u);
                writer.Write((ulong)numbers.Length);
                Array.ForEach(numbers, writer.Write);
                break;
            default:
                throw new ArgumentException($"{value.GetType()} is not written here.", nameof(value));
        }
    }
}

using System.Text;

namespace Aria.Engine.Tests;

/// <summary>A GGUF file's head, read by itself: what tests compare the engine's reader and writer with.</summary>
internal sealed record GgufHead(Dictionary<string, object> Metadata, (string Name, uint Type, ulong[] Dimensions, ulong Offset)[] Tensors)
{
    public static GgufHead Read(Stream stream)
    {
        using BinaryReader reader = new(stream);
        Assert.Equal("GGUF"u8.ToArray(), reader.ReadBytes(4));
        reader.ReadUInt32();
        ulong tensors = reader.ReadUInt64(), pairs = reader.ReadUInt64();
        Dictionary<string, object> metadata = [];
        for (ulong i = 0; i < pairs; i++)
        {
            string key = Text();
            metadata[key] = Value(reader.ReadUInt32());
        }

        return new(metadata, [.. Enumerable.Range(0, (int)tensors).Select(_ => Tensor())]);

        string Text() => Encoding.UTF8.GetString(reader.ReadBytes((int)reader.ReadUInt64()));
        object Value(uint type) => type switch
        {
            4 => reader.ReadUInt32(),
            5 => reader.ReadInt32(),
            6 => reader.ReadSingle(),
            7 => reader.ReadBoolean(),
            8 => Text(),
            9 => Array(reader.ReadUInt32(), reader.ReadUInt64()),
            _ => throw new InvalidDataException($"type {type}"),
        };
        object[] Array(uint type, ulong count) => [.. Enumerable.Range(0, (int)count).Select(_ => Value(type))];
        (string, uint, ulong[], ulong) Tensor()
        {
            string name = Text();
            ulong[] dimensions = [.. Enumerable.Range(0, (int)reader.ReadUInt32()).Select(_ => reader.ReadUInt64())];
            return (name, reader.ReadUInt32(), dimensions, reader.ReadUInt64());
        }
    }
}

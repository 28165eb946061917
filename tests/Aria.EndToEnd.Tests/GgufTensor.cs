using System.Buffers.Binary;
using System.Text;

namespace Aria.EndToEnd.Tests;

/// <summary>Finds where a tensor's bytes stand in a GGUF file (version 3), for tests that alter them.</summary>
internal static class GgufTensor
{
    private const int DefaultAlignment = 32;
    private const int TextType = 8, ListType = 9;

    /// <summary>Offset in the file of the first byte of a tensor.</summary>
    public static long OffsetOf(ReadOnlySpan<byte> file, string name)
    {
        Cursor at = new(file) { Position = 8 };
        long tensors = at.Long(), fields = at.Long(), found = -1, alignment = DefaultAlignment;
        for (long i = 0; i < fields; i++)
        {
            string key = at.Text();
            int type = at.Int();
            if (key == "general.alignment")
            {
                alignment = BinaryPrimitives.ReadUInt32LittleEndian(file[at.Position..]);
            }

            at.Skip(type);
        }

        for (long i = 0; i < tensors; i++)
        {
            bool wanted = at.Text() == name;
            int dimensions = at.Int();
            at.Position += sizeof(long) * dimensions;
            at.Position += sizeof(int);             // type
            long offset = at.Long();
            found = wanted ? offset : found;
        }

        long data = (at.Position + alignment - 1) / alignment * alignment;
        return found >= 0 ? data + found : throw new KeyNotFoundException($"The file has no tensor {name}.");
    }

    private ref struct Cursor(ReadOnlySpan<byte> file)
    {
        private readonly ReadOnlySpan<byte> _file = file;

        public int Position { get; set; }

        public int Int()
        {
            Position += 4;
            return BinaryPrimitives.ReadInt32LittleEndian(_file[(Position - 4)..]);
        }

        public long Long()
        {
            Position += 8;
            return BinaryPrimitives.ReadInt64LittleEndian(_file[(Position - 8)..]);
        }

        public string Text()
        {
            int length = (int)Long();
            Position += length;
            return Encoding.UTF8.GetString(_file.Slice(Position - length, length));
        }

        public void Skip(int type)
        {
            if (type == TextType)
            {
                _ = Text();
            }
            else if (type == ListType)
            {
                int element = Int();
                for (long left = Long(); left > 0; left--)
                {
                    Skip(element);
                }
            }
            else
            {
                Position += type switch { 0 or 1 or 7 => 1, 2 or 3 => 2, 4 or 5 or 6 => 4, _ => 8 };
            }
        }
    }
}

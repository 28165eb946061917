namespace Aria.Engine.Models.Gguf;

/// <summary>
/// A tensor's place in a mapped file: <paramref name="Rows"/> rows of <paramref name="Columns"/> elements, row after row. In the file's order of
/// dimensions the columns come first; a vector is one row.
/// </summary>
internal sealed unsafe record GgufTensor(string Name, TensorType Type, int Dimensions, long Columns, long Rows, long Offset, long Bytes)
{
    public nint Address { get; init; }

    /// <summary>Whether the bytes are a file's pages, which can be given back and read again.</summary>
    public bool Mapped { get; init; }

    /// <summary>The first byte, as long as the file is mapped.</summary>
    public byte* Data => (byte*)Address;

    public long Elements => Columns * Rows;

    /// <summary>A part of the bytes; at most 2 GiB at once.</summary>
    public ReadOnlySpan<byte> Slice(long start, int length) => new(Data + start, length);

    /// <summary>Says that a part of the bytes will not be read soon.</summary>
    public void Release(long start, long length)
    {
        if (Mapped)
        {
            MappedPages.Release(Data + start, length);
        }
    }
}

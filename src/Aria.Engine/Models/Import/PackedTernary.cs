namespace Aria.Engine.Models.Import;

/// <summary>
/// The packing of Hugging Face checkpoints: bytes (rows / 4, columns); bits 1:0 of a byte belong to the first quarter of the rows, 3:2 to the second, and so on
/// (specs/model.md §6).
/// </summary>
internal sealed unsafe class PackedTernary : TernarySource
{
    private readonly byte* _data;

    /// <param name="tensor">U8, (rows / 4, columns).</param>
    /// <param name="rows">A multiple of 4.</param>
    /// <param name="columns">Elements of a row.</param>
    /// <param name="scale">What a code stands for, less one.</param>
    public PackedTernary(SafetensorsTensor tensor, int rows, int columns, float scale)
        : base(tensor.Name, rows, columns)
    {
        _data = tensor.Data;
        Scale = scale;
    }

    public override string Packing => "packed in two bits";

    public override float Scale { get; }

    public override void Codes(int row, Span<byte> codes)
    {
        (int quarter, int packed) = Math.DivRem(row, Rows / 4);
        ReadOnlySpan<byte> bytes = new(_data + ((long)packed * Columns), Columns);
        int shift = 2 * quarter;
        int unused = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            int code = (bytes[i] >> shift) & 3;
            unused |= code & (code >> 1);
            codes[i] = (byte)code;
        }

        if (unused != 0)
        {
            throw new ModelFormatException($"The tensor '{Name}' holds the unused code 3 in row {row}.");
        }
    }
}

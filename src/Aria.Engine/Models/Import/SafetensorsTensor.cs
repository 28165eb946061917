namespace Aria.Engine.Models.Import;

/// <summary>A tensor's place in a mapped safetensors file, row after row; a scalar has no dimension, a vector one.</summary>
internal sealed unsafe record SafetensorsTensor(string Name, SafetensorsType Type, IReadOnlyList<long> Shape, long Start, long End)
{
    public nint Address { get; init; }

    /// <summary>The first byte, as long as the file is mapped.</summary>
    public byte* Data => (byte*)Address;

    public long Elements => Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>A matrix of that size, or a vector where <paramref name="rows"/> is null.</summary>
    public bool Is(int? rows, int columns) => rows is { } known ? Shape is [var r, var c] && r == known && c == columns : Shape is [var n] && n == columns;

    public override string ToString() => $"'{Name}' ({Type}, {(Shape.Count == 0 ? "scalar" : string.Join(" x ", Shape))})";
}

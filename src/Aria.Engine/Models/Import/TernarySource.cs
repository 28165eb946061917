namespace Aria.Engine.Models.Import;

/// <summary>A ternary matrix in a checkpoint, whatever its packing there: codes 0, 1, 2 for −1, 0, +1, and one scale.</summary>
internal abstract class TernarySource(string name, int rows, int columns)
{
    public string Name { get; } = name;

    public int Rows { get; } = rows;

    public int Columns { get; } = columns;

    /// <summary>How the checkpoint stores it, in words for people. May read all of the matrix at first use.</summary>
    public abstract string Packing { get; }

    /// <summary>Finite and not negative. May read all of the matrix at first use.</summary>
    /// <exception cref="ModelFormatException">It is not, or the weights cannot be ternary.</exception>
    public abstract float Scale { get; }

    /// <summary>One row's codes.</summary>
    /// <exception cref="ModelFormatException">The unused code 3.</exception>
    public abstract void Codes(int row, Span<byte> codes);
}

using Aria.Engine.Text;

namespace Aria.Engine.Models.Import;

/// <summary>Everything of a model, by the names that its tensors will have in GGUF; the rows of every matrix in the order they will have there.</summary>
internal sealed record CheckpointParts(
    string Name,
    string Architecture,
    ModelShape Shape,
    TokenizerMetadata Tokenizer,
    string? ChatTemplate,
    IReadOnlyDictionary<string, FloatSource?> Numbers,      // null: a norm that the checkpoint has not, all ones
    IReadOnlyDictionary<string, CheckpointMatrix> Matrices,
    IReadOnlyList<IDisposable> Files);

/// <summary>A ternary matrix and the order of its rows: row r of the file is row <paramref name="RowOf"/>(r) of the source.</summary>
internal sealed record CheckpointMatrix(TernarySource Source, Func<int, int> RowOf)
{
    public CheckpointMatrix(TernarySource source)
        : this(source, row => row)
    {
    }

    /// <summary>From the order of halves (i, i + h/2) to that of neighbours (2i, 2i + 1), in heads of <paramref name="headDim"/> rows.</summary>
    public static CheckpointMatrix NeighboursFromHalves(TernarySource source, int headDim) =>
        new(source, row => (row / headDim * headDim) + (row % 2 * (headDim / 2)) + (row % headDim / 2));

    /// <summary>The way back.</summary>
    public static CheckpointMatrix HalvesFromNeighbours(TernarySource source, int headDim) =>
        new(source, row => (row / headDim * headDim) + (row % headDim / (headDim / 2)) + (2 * (row % (headDim / 2))));
}

using Aria.Engine.Models.Gguf;
using Aria.Engine.Numerics;

namespace Aria.Engine.Models;

/// <summary>A vector or matrix of numbers in any of the formats that embeddings and heads come in (specs/model.md §2).</summary>
internal sealed unsafe class FloatTensor
{
    private const long ChunkBytes = 1 << 21;

    private readonly GgufTensor _tensor;
    private readonly long _rowBytes;

    /// <exception cref="ModelFormatException">NaN or an infinity among the numbers.</exception>
    public FloatTensor(GgufTensor tensor)
    {
        _tensor = tensor;
        _rowBytes = tensor.Type.Bytes(tensor.Columns);
        int rowsAtOnce = (int)Math.Max(1, ChunkBytes / _rowBytes);
        int bad = int.MaxValue;     // the first rows that are not finite
        Parallel.For(0, (Rows + rowsAtOnce - 1) / rowsAtOnce, part =>
        {
            int first = part * rowsAtOnce;
            int rows = Math.Min(rowsAtOnce, Rows - first);
            if (!FiniteNumbers.AreAll(Type, _tensor.Slice(first * _rowBytes, checked((int)(rows * _rowBytes)))))
            {
                InterlockedMin(ref bad, first);
            }

            Release(first, rows);
        });
        if (bad < int.MaxValue)
        {
            throw NotFinite(bad);
        }
    }

    public TensorType Type => _tensor.Type;

    public int Rows => (int)_tensor.Rows;

    public int Columns => (int)_tensor.Columns;

    public long RowBytes => _rowBytes;

    /// <summary>The first row's bytes; the rows follow each other.</summary>
    public byte* Data => _tensor.Data;

    public ReadOnlySpan<byte> RowSpan(int row) => _tensor.Slice(row * _rowBytes, (int)_rowBytes);

    /// <summary>Says that some rows will not be read soon.</summary>
    public void Release(int first, int rows) => _tensor.Release(first * _rowBytes, rows * _rowBytes);

    /// <summary>One row as f32 (specs/numerics.md §2).</summary>
    public void Row(int row, Span<float> values) => RowDecoding.Decode(Type, RowSpan(row), values[..Columns]);

    private static void InterlockedMin(ref int place, int value)
    {
        for (int seen = Volatile.Read(ref place); value < seen;)
        {
            int before = Interlocked.CompareExchange(ref place, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    private ModelFormatException NotFinite(int from)
    {
        float[] row = new float[Columns];
        for (int r = from; ; r++)
        {
            Row(r, row);
            if (Array.FindIndex(row, value => !float.IsFinite(value)) is >= 0 and int at)
            {
                return new($"Tensor '{_tensor.Name}' holds {row[at]} in row {r}.");
            }
        }
    }
}

using Aria.Engine.Models.Gguf;
using Aria.Engine.Numerics;

namespace Aria.Engine.Models;

/// <summary>A vector or matrix of numbers in any of the formats that embeddings and heads come in (specs/model.md §2).</summary>
internal sealed unsafe class FloatTensor
{
    private readonly GgufTensor _tensor;
    private readonly long _rowBytes;

    /// <exception cref="ModelFormatException">NaN or an infinity among the numbers.</exception>
    public FloatTensor(GgufTensor tensor)
    {
        _tensor = tensor;
        _rowBytes = tensor.Type.Bytes(tensor.Columns);
        float[] row = new float[Columns];
        for (int r = 0; r < Rows; r++)
        {
            Row(r, row);
            foreach (float value in row)
            {
                if (!float.IsFinite(value))
                {
                    throw new ModelFormatException($"Tensor '{tensor.Name}' holds {value} in row {r}.");
                }
            }
        }
    }

    public TensorType Type => _tensor.Type;

    public int Rows => (int)_tensor.Rows;

    public int Columns => (int)_tensor.Columns;

    public long RowBytes => _rowBytes;

    /// <summary>The first row's bytes; the rows follow each other.</summary>
    public byte* Data => _tensor.Data;

    public ReadOnlySpan<byte> RowSpan(int row) => _tensor.Slice(row * _rowBytes, (int)_rowBytes);

    /// <summary>One row as f32 (specs/numerics.md §2).</summary>
    public void Row(int row, Span<float> values) => RowDecoding.Decode(Type, RowSpan(row), values[..Columns]);
}

using System.Runtime.InteropServices;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Numerics;

namespace Aria.Engine.Models.Import;

/// <summary>Tensors of a written file, as the engine reads them, against their source.</summary>
internal static class CheckpointComparison
{
    /// <exception cref="ModelFormatException">A code or the scale differs.</exception>
    public static void Ternary(string name, CheckpointMatrix source, TernaryTensor found)
    {
        // Blocks of zeros have no scale; were they not zeros at the source, their codes would differ below.
        float scale = found.Type == TensorType.I2_S ? source.Source.Scale : Float16.Round(source.Source.Scale);
        if (found.Scale != scale && !(found.Type == TensorType.TQ2_0 && found.Scale == 0))
        {
            throw new ModelFormatException($"The written tensor '{name}' has the scale {found.Scale}, not {scale}.");
        }

        byte[] expected = new byte[source.Source.Columns];
        byte[] actual = new byte[expected.Length];
        for (int row = 0; row < source.Source.Rows; row++)
        {
            source.Source.Codes(source.RowOf(row), expected);
            found.Row(row, actual);
            if (!expected.AsSpan().SequenceEqual(actual))
            {
                throw new ModelFormatException($"The written tensor '{name}' has other weights in row {row} than its source.");
            }
        }
    }

    /// <exception cref="ModelFormatException">A number differs.</exception>
    public static void Numbers(string name, FloatSource? source, FloatTensor found)
    {
        float[] room = new float[found.Columns];
        float[] actual = new float[found.Columns];
        byte[] bytes = new byte[found.RowBytes];
        for (int row = 0; row < found.Rows; row++)
        {
            found.Row(row, actual);
            if (source is null)
            {
                room.AsSpan().Fill(1f);
            }
            else
            {
                source.Row(row, found.Type, room, bytes);
                RowDecoding.Decode(found.Type, bytes, room);
            }

            if (!MemoryMarshal.AsBytes<float>(room).SequenceEqual(MemoryMarshal.AsBytes<float>(actual)))
            {
                throw new ModelFormatException($"The written tensor '{name}' has other numbers in row {row} than its source.");
            }
        }
    }
}

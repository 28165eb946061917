using System.Buffers.Binary;
using Aria.Engine.Catalogue;
using Aria.Engine.Models;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Text;

namespace Aria.Engine.Synthesis;

/// <summary>
/// Makes models of published shapes with random weights, for load tests and speed comparisons: a GGUF file that every reader of such files takes, the same for the same
/// seed, written in one pass with bounded memory (specs/catalogue.md §3-4).
/// </summary>
public static class ModelSynthesis
{
    private const int ChunkElements = 1 << 20;      // a whole number of every type's blocks
    private const double NonZero = 176.0 / 256;     // of SyntheticRandom's codes

    /// <summary>Length of the file, before it is written.</summary>
    /// <exception cref="ArgumentException"><see cref="SynthesisOptions.Objection"/> has one.</exception>
    public static long FileBytes(SynthesisOptions options)
    {
        GgufWriter writer = Plan(options);
        return writer.Head().Length + writer.DataBytes;
    }

    /// <summary>Writes the file to <paramref name="output"/>, which need not seek.</summary>
    /// <param name="options">Which model.</param>
    /// <param name="output">Left open, and incomplete when cancelled.</param>
    /// <param name="written">Told the bytes written so far, about every megabyte.</param>
    /// <param name="cancellationToken">Looked at about every megabyte.</param>
    /// <exception cref="ArgumentException"><see cref="SynthesisOptions.Objection"/> has one.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static void Write(SynthesisOptions options, Stream output, IProgress<long>? written, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        GgufWriter writer = Plan(options);
        byte[] head = writer.Head();
        output.Write(head);
        long done = head.Length;
        byte[] codes = new byte[ChunkElements];
        byte[] bytes = new byte[ChunkElements * sizeof(float)];
        foreach (GgufTensorPlan tensor in writer.Tensors)
        {
            SyntheticRandom random = new(options.Seed, tensor.Name);
            for (long at = 0; at < tensor.Elements; at += ChunkElements)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int count = (int)Math.Min(ChunkElements, tensor.Elements - at);
                Emit(bytes.AsSpan(0, Fill(tensor, ref random, codes.AsSpan(0, count), bytes)));
            }

            if (tensor.Type == TensorType.I2_S)
            {
                Span<byte> scale = bytes.AsSpan(0, TernaryPacking.I2ScaleBytes);
                scale.Clear();
                BinaryPrimitives.WriteSingleLittleEndian(scale, ScaleOf(tensor));
                Emit(scale);
            }

            Span<byte> padding = bytes.AsSpan(0, (int)(GgufWriter.Aligned(tensor.Bytes) - tensor.Bytes));
            padding.Clear();
            Emit(padding);
        }

        void Emit(ReadOnlySpan<byte> part)
        {
            output.Write(part);
            done += part.Length;
            written?.Report(done);
        }
    }

    /// <summary>The head and the table of tensors.</summary>
    internal static GgufWriter Plan(SynthesisOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Objection() is { } objection)
        {
            throw new ArgumentException(objection, nameof(options));
        }

        CatalogueModel model = options.Shrunk;
        return new GgufWriter()
            .AddHyperparameters(model.Architecture, $"{model.Name} (synthetic, seed {options.Seed})", model.Shape, options.Format.FileType())
            .AddTokenizer(SyntheticVocabulary.Of(model), ChatLayout.All.FirstOrDefault(layout => layout.Name == model.ChatLayout)?.Template)
            .AddTensors(model.Shape, TensorType.F16, TensorType.F16, options.Format.Type());
    }

    // Sums of K products of a normed activation keep their size: the codes' variance is the share that is not zero.
    private static float ScaleOf(GgufTensorPlan tensor) => (float)(1 / Math.Sqrt(NonZero * tensor.Columns));

    // Returns the bytes filled. A vector is a norm's weight: ones. A float matrix is an embedding or a head.
    private static int Fill(GgufTensorPlan tensor, ref SyntheticRandom random, Span<byte> codes, Span<byte> bytes)
    {
        switch (tensor.Type)
        {
            case TensorType.F32:
                for (int i = 0; i < codes.Length; i++)
                {
                    BinaryPrimitives.WriteSingleLittleEndian(bytes[(i * sizeof(float))..], 1f);
                }

                return codes.Length * sizeof(float);
            case TensorType.F16:
                random.FillNormals(bytes[..(codes.Length * sizeof(ushort))]);
                return codes.Length * sizeof(ushort);
            case TensorType.TQ2_0:
                random.FillCodes(codes);
                TernaryPacking.PackTq2(codes, (Half)ScaleOf(tensor), bytes);
                return codes.Length / TernaryPacking.Tq2Block * TernaryPacking.Tq2BlockBytes;
            default:
                random.FillCodes(codes);
                TernaryPacking.PackI2(codes, bytes);
                return codes.Length / 4;
        }
    }
}

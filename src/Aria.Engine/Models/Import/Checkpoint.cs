using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Text;

namespace Aria.Engine.Models.Import;

/// <summary>
/// A ternary model in a form that is no GGUF, opened to be written as one: matrices as I2_S, norms as F32, embedding and head as the options say (specs/model.md §6). Memory stays bounded: the
/// source is mapped, and rows go through one at a time. Not for two threads at once.
/// </summary>
public sealed class Checkpoint : IDisposable
{
    private const int ChunkElements = 1 << 20;

    private readonly CheckpointParts _parts;
    private readonly GgufWriter _writer;
    private bool _disposed;

    private Checkpoint(CheckpointParts parts, CheckpointOptions options)
    {
        ModelShape shape = parts.Shape;
        bool blocks = options.Ternary == TernaryFormat.TQ2;
        if (parts.Matrices.Values.FirstOrDefault(matrix => matrix.Source.Columns % (blocks ? TernaryPacking.Tq2Block : 1) != 0 || (long)matrix.Source.Rows * matrix.Source.Columns % TernaryPacking.I2Block != 0) is { } odd)
        {
            throw new ModelFormatException(
                $"The matrix {odd.Source.Name} has {odd.Source.Rows} rows of {odd.Source.Columns}; I2_S takes multiples of {TernaryPacking.I2Block} elements, TQ2_0 rows of multiples of {TernaryPacking.Tq2Block}.");
        }

        TokenizerMetadata tokenizer = Padded(parts.Tokenizer, shape.Vocabulary);
        Tokenizer.Of(tokenizer);        // what cannot encode is refused before anything is written
        (_parts, Tokens) = (parts, parts.Tokenizer.Tokens.Count);
        _writer = new GgufWriter()
            .AddHyperparameters(parts.Architecture, parts.Name, shape, options.Ternary.FileType())
            .AddTokenizer(tokenizer, parts.ChatTemplate)
            .AddTensors(shape, Storage("token_embd.weight", options), shape.TiedHead ? default : Storage("output.weight", options), options.Ternary.Type());
        FileBytes = _writer.Head().Length + _writer.DataBytes;
    }

    /// <summary>The GGUF architecture of the file.</summary>
    public string Architecture => _parts.Architecture;

    /// <summary>The name in the file.</summary>
    public string Name => _parts.Name;

    /// <summary>Hyperparameters.</summary>
    public ModelShape Shape => _parts.Shape;

    /// <summary>The tokenizer's tokens; rows of the embedding beyond them get place holders.</summary>
    public int Tokens { get; }

    /// <summary>Length of the file that will be written.</summary>
    public long FileBytes { get; }

    /// <summary>How the ternary matrices are stored in the source. The first use may read the weights.</summary>
    /// <exception cref="ModelFormatException">A matrix that is not ternary.</exception>
    public string Packing => string.Join(", ", _parts.Matrices.Values.Select(matrix => matrix.Source.Packing).Distinct());

    /// <summary>Opens a Hugging Face checkpoint by its folder, or a file of bitllama2.c; what is wrong with its sizes, names and tokenizer is found here.</summary>
    /// <exception cref="ModelFormatException">No such model; the message says what is wrong and where.</exception>
    /// <exception cref="FileNotFoundException">Neither a folder nor a file.</exception>
    public static Checkpoint Open(string source, CheckpointOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        ArgumentNullException.ThrowIfNull(options);
        CheckpointParts parts;
        try
        {
            parts = Directory.Exists(source) ? SafetensorsCheckpoint.Open(source, options)
                : !File.Exists(source) ? throw new FileNotFoundException($"There is neither a folder nor a file '{source}'.", source)
                : BitLlamaCheckpoint.Recognise(source) ? BitLlamaCheckpoint.Open(source, options)
                : throw new ModelFormatException($"'{source}' is neither a checkpoint's folder nor a file of bitllama2.c.");
        }
        catch (Exception e) when (e is IOException and not FileNotFoundException or UnauthorizedAccessException)
        {
            throw new ModelFormatException($"'{source}' cannot be read: {e.Message}", e);
        }

        try
        {
            return new(parts, options);
        }
        catch
        {
            Release(parts);
            throw;
        }
    }

    /// <summary>Writes the file to <paramref name="output"/>, which need not seek.</summary>
    /// <param name="output">Left open, and incomplete when cancelled or refused.</param>
    /// <param name="written">Told the bytes written so far.</param>
    /// <param name="cancellationToken">Looked at about every megabyte.</param>
    /// <exception cref="ModelFormatException">Weights that are not ternary, not finite or too large for their type.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Write(Stream output, IProgress<long>? written, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        ObjectDisposedException.ThrowIf(_disposed, this);
        byte[] head = _writer.Head();
        output.Write(head);
        long done = head.Length;
        void Emit(ReadOnlySpan<byte> part)
        {
            cancellationToken.ThrowIfCancellationRequested();
            output.Write(part);
            done += part.Length;
            written?.Report(done);
        }

        foreach (GgufTensorPlan tensor in _writer.Tensors)
        {
            if (tensor.Type.IsTernary())
            {
                WriteTernary(_parts.Matrices[tensor.Name], tensor.Type, Emit);
            }
            else
            {
                WriteNumbers(_parts.Numbers[tensor.Name], tensor, Emit);
            }

            Emit(new byte[GgufWriter.Aligned(tensor.Bytes) - tensor.Bytes]);
        }
    }

    /// <summary>Holds a written file, as this engine reads it, against the source: every code, scale and number.</summary>
    /// <param name="written">The file, opened.</param>
    /// <param name="compared">Told the layers compared so far.</param>
    /// <param name="cancellationToken">Looked at before every matrix.</param>
    /// <exception cref="ModelFormatException">A difference; the message says where.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Verify(ModelFile written, IProgress<long>? compared, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(written);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (written.Shape != Shape)
        {
            throw new ModelFormatException($"The written file has the shape {written.Shape}, not {Shape}.");
        }

        ModelTensors tensors = written.Tensors;
        void Numbers(string name, FloatTensor? found)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (found is not null)
            {
                CheckpointComparison.Numbers(name, _parts.Numbers[name], found);
            }
        }

        Numbers("token_embd.weight", tensors.Embedding);
        Numbers("output_norm.weight", tensors.OutputNorm);
        Numbers("output.weight", tensors.OwnHead);
        for (int layer = 0; layer < Shape.Layers; layer++)
        {
            LayerTensors its = tensors.Layers[layer];
            foreach ((string part, FloatTensor? norm) in ((string, FloatTensor?)[])
                [("attn_norm", its.AttentionNorm), ("attn_sub_norm", its.AttentionSubNorm), ("ffn_norm", its.FeedForwardNorm), ("ffn_sub_norm", its.FeedForwardSubNorm)])
            {
                Numbers($"blk.{layer}.{part}.weight", norm);
            }

            foreach ((string part, TernaryTensor matrix) in ((string, TernaryTensor)[])
            [
                ("attn_q", its.Query), ("attn_k", its.Key), ("attn_v", its.Value), ("attn_output", its.AttentionOutput), ("ffn_gate", its.Gate), ("ffn_up", its.Up), ("ffn_down", its.Down),
            ])
            {
                cancellationToken.ThrowIfCancellationRequested();
                string name = $"blk.{layer}.{part}.weight";
                CheckpointComparison.Ternary(name, _parts.Matrices[name], matrix);
            }

            compared?.Report(layer + 1);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            Release(_parts);
        }
    }

    private static void Release(CheckpointParts parts)
    {
        foreach (IDisposable file in parts.Files)
        {
            file.Dispose();
        }
    }

    // Readers want as many tokens as the embedding has rows.
    private static TokenizerMetadata Padded(TokenizerMetadata tokenizer, int rows)
    {
        int missing = rows - tokenizer.Tokens.Count;
        return missing < 0
            ? throw new ModelFormatException($"The tokenizer has {tokenizer.Tokens.Count} tokens, the embedding only {rows} rows.")
            : missing == 0 ? tokenizer : tokenizer with
            {
                Tokens = [.. tokenizer.Tokens, .. Enumerable.Range(tokenizer.Tokens.Count, missing).Select(id => $"[PAD{id}]")],
                TokenTypes = [.. tokenizer.TokenTypes!, .. Enumerable.Repeat((int)TokenKind.Unused, missing)],
                Scores = tokenizer.Scores is { } scores ? [.. scores, .. Enumerable.Repeat(0f, missing)] : null,
            };
    }

    private TensorType Storage(string name, CheckpointOptions options) => options.Numbers switch
    {
        NumberFormat.F16 => TensorType.F16,
        NumberFormat.BF16 => TensorType.BF16,
        NumberFormat.F32 => TensorType.F32,
        _ => _parts.Numbers[name]!.Type is TensorType.BF16 ? TensorType.BF16 : TensorType.F16,
    };

    private static void WriteNumbers(FloatSource? source, GgufTensorPlan tensor, Action<ReadOnlySpan<byte>> emit)
    {
        byte[] row = new byte[tensor.Type.Bytes(tensor.Columns)];
        float[] room = new float[tensor.Columns];
        for (int r = 0; r < (tensor.Rows ?? 1); r++)
        {
            if (source is null)
            {
                MemoryMarshal.Cast<byte, float>(row.AsSpan()).Fill(1f);
            }
            else
            {
                source.Row(r, tensor.Type, room, row);
            }

            emit(row);
        }
    }

    // Blocks of I2_S go over the ends of rows: as many rows at once as fill whole blocks.
    private static void WriteTernary(CheckpointMatrix matrix, TensorType type, Action<ReadOnlySpan<byte>> emit)
    {
        TernarySource source = matrix.Source;
        int together = TernaryPacking.I2Block;
        while (together > 1 && (long)together / 2 * source.Columns % TernaryPacking.I2Block == 0)
        {
            together /= 2;
        }

        together *= Math.Max(1, ChunkElements / (together * source.Columns));
        byte[] codes = new byte[Math.Min(together, source.Rows) * source.Columns];
        byte[] packed = new byte[type.Bytes(codes.Length)];
        for (int row = 0; row < source.Rows; row += together)
        {
            int rows = Math.Min(together, source.Rows - row);
            for (int r = 0; r < rows; r++)
            {
                source.Codes(matrix.RowOf(row + r), codes.AsSpan(r * source.Columns, source.Columns));
            }

            int elements = rows * source.Columns;
            if (type == TensorType.TQ2_0)
            {
                TernaryPacking.PackTq2(codes.AsSpan(0, elements), (Half)source.Scale, packed);
                emit(packed.AsSpan(0, (int)type.Bytes(elements)));
            }
            else
            {
                TernaryPacking.PackI2(codes.AsSpan(0, elements), packed);
                emit(packed.AsSpan(0, elements / 4));
            }
        }

        if (type == TensorType.I2_S)
        {
            byte[] trailer = new byte[TernaryPacking.I2ScaleBytes];
            BinaryPrimitives.WriteSingleLittleEndian(trailer, source.Scale);
            emit(trailer);
        }
    }
}

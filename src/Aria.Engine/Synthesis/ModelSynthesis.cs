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
    private const int FileTypeI2S = 40;
    private const int FileTypeTq2 = 37;
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

        GgufWriter writer = new();
        AddHyperparameters(writer, options);
        AddTokenizer(writer, options.Shrunk);
        AddTensors(writer, options.Shrunk.Shape, options.Format == TernaryFormat.I2S ? TensorType.I2_S : TensorType.TQ2_0);
        return writer;
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

    private static void AddHyperparameters(GgufWriter writer, SynthesisOptions options)
    {
        ModelShape shape = options.Shrunk.Shape;
        string architecture = options.Model.Architecture;
        writer
            .Add("general.architecture", architecture)
            .Add("general.name", $"{options.Model.Name} (synthetic, seed {options.Seed})")
            .Add("general.alignment", (uint)GgufWriter.Alignment)
            .Add("general.file_type", (uint)(options.Format == TernaryFormat.I2S ? FileTypeI2S : FileTypeTq2))
            .Add("general.quantization_version", 2u)
            .Add($"{architecture}.vocab_size", (uint)shape.Vocabulary)
            .Add($"{architecture}.context_length", (uint)shape.Context)
            .Add($"{architecture}.embedding_length", (uint)shape.Dim)
            .Add($"{architecture}.block_count", (uint)shape.Layers)
            .Add($"{architecture}.feed_forward_length", (uint)shape.FeedForward)
            .Add($"{architecture}.attention.head_count", (uint)shape.Heads)
            .Add($"{architecture}.attention.head_count_kv", (uint)shape.KvHeads)
            .Add($"{architecture}.attention.key_length", (uint)shape.HeadDim)
            .Add($"{architecture}.attention.value_length", (uint)shape.HeadDim)
            .Add($"{architecture}.rope.dimension_count", (uint)shape.HeadDim)
            .Add($"{architecture}.rope.freq_base", shape.RopeTheta)
            .Add($"{architecture}.attention.layer_norm_rms_epsilon", shape.NormEpsilon);
    }

    private static void AddTokenizer(GgufWriter writer, CatalogueModel model)
    {
        TokenizerMetadata tokenizer = SyntheticVocabulary.Of(model);
        writer
            .Add("tokenizer.ggml.model", tokenizer.Model)
            .Add("tokenizer.ggml.pre", tokenizer.Pre!)
            .Add("tokenizer.ggml.tokens", tokenizer.Tokens)
            .Add("tokenizer.ggml.token_type", tokenizer.TokenTypes!);
        if (tokenizer.Scores is { } scores)
        {
            writer.Add("tokenizer.ggml.scores", scores);
        }

        if (tokenizer.Merges is { } merges)
        {
            writer.Add("tokenizer.ggml.merges", merges);
        }

        writer.Add("tokenizer.ggml.bos_token_id", tokenizer.BeginOfSequence!.Value).Add("tokenizer.ggml.eos_token_id", tokenizer.EndOfSequence!.Value);
        if (tokenizer.Unknown is { } unknown)
        {
            writer.Add("tokenizer.ggml.unknown_token_id", unknown);
        }

        writer.Add("tokenizer.ggml.add_bos_token", true);
        if (ChatLayout.All.FirstOrDefault(layout => layout.Name == model.ChatLayout)?.Template is { } template)
        {
            writer.Add("tokenizer.chat_template", template);
        }
    }

    private static void AddTensors(GgufWriter writer, ModelShape shape, TensorType ternary)
    {
        writer.Add("token_embd.weight", shape.Dim, shape.Vocabulary, TensorType.F16).Add("output_norm.weight", shape.Dim, null, TensorType.F32);
        if (!shape.TiedHead)
        {
            writer.Add("output.weight", shape.Dim, shape.Vocabulary, TensorType.F16);
        }

        for (int layer = 0; layer < shape.Layers; layer++)
        {
            string prefix = $"blk.{layer}.";
            writer
                .Add(prefix + "attn_norm.weight", shape.Dim, null, TensorType.F32)
                .Add(prefix + "attn_q.weight", shape.Dim, shape.AttentionWidth, ternary)
                .Add(prefix + "attn_k.weight", shape.Dim, shape.KvWidth, ternary)
                .Add(prefix + "attn_v.weight", shape.Dim, shape.KvWidth, ternary)
                .Add(prefix + "attn_output.weight", shape.AttentionWidth, shape.Dim, ternary)
                .Add(prefix + "ffn_norm.weight", shape.Dim, null, TensorType.F32)
                .Add(prefix + "ffn_gate.weight", shape.Dim, shape.FeedForward, ternary)
                .Add(prefix + "ffn_up.weight", shape.Dim, shape.FeedForward, ternary)
                .Add(prefix + "ffn_down.weight", shape.FeedForward, shape.Dim, ternary);
            if (shape.SubNorms)
            {
                writer
                    .Add(prefix + "attn_sub_norm.weight", shape.AttentionWidth, null, TensorType.F32)
                    .Add(prefix + "ffn_sub_norm.weight", shape.FeedForward, null, TensorType.F32);
            }
        }
    }
}

using System.Buffers.Binary;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Text;

namespace Aria.Engine.Models.Import;

/// <summary>
/// The file of bitllama2.c: a head of 256 bytes, then output norm and embedding in F32, then each kind of matrix for all layers, a scale and two bits a weight (specs/model.md §6). Its norms
/// have no weights and divide by the width once more, which the scales take over; its rotary pairs are neighbours.
/// </summary>
internal static unsafe class BitLlamaCheckpoint
{
    private const uint Magic = 0x616b3432;      // "24ka"
    private const int Version = 1;
    private const int HeadBytes = 256;
    private const float Theta = 10_000f;
    private const float Epsilon = 1e-24f;

    /// <summary>Whether the file begins as one of these does.</summary>
    public static bool Recognise(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        Span<byte> start = stackalloc byte[sizeof(uint)];
        return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && BinaryPrimitives.ReadUInt32LittleEndian(start) == Magic;
    }

    /// <summary>The model in the file at <paramref name="path"/>; the parts own the mapping.</summary>
    /// <exception cref="ModelFormatException">No such file, or sizes that it cannot hold.</exception>
    public static CheckpointParts Open(string path, CheckpointOptions options)
    {
        TokenizerMetadata tokenizer = CheckpointFolder.Tokenizer(null, options);
        ModelBytes bytes = ModelBytes.Map(path);
        try
        {
            return Parse(bytes.Pointer, bytes.Length, tokenizer, options.Name ?? Path.GetFileNameWithoutExtension(path), [bytes]);
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }

    /// <summary>The model in these bytes.</summary>
    /// <exception cref="ModelFormatException">No such file, or sizes that it cannot hold.</exception>
    public static CheckpointParts Parse(byte* data, long length, TokenizerMetadata tokenizer, string name, IReadOnlyList<IDisposable> files)
    {
        if (length < HeadBytes || *(uint*)data != Magic || ((int*)data)[1] != Version)
        {
            throw new ModelFormatException($"The file is not of bitllama2.c's format {Version}.");
        }

        ModelShape shape = ReadShape(new ReadOnlySpan<int>(data + 8, 7), data[36]);
        Dictionary<string, FloatSource?> numbers = [];
        Dictionary<string, CheckpointMatrix> matrices = [];
        long at = HeadBytes;
        byte* Take(long size)
        {
            if (size > length - at)
            {
                throw new ModelFormatException($"The file ends at byte {length}; {size} bytes are needed at byte {at}.");
            }

            at += size;
            return data + at - size;
        }

        numbers["output_norm.weight"] = new("output_norm", TensorType.F32, Take(4L * shape.Dim), 1, shape.Dim);
        numbers["token_embd.weight"] = new("token_embd", TensorType.F32, Take(4L * shape.Dim * shape.Vocabulary), shape.Vocabulary, shape.Dim);
        foreach ((string part, int rows, int columns, bool rotated) in ((string, int, int, bool)[])
        [
            ("attn_q", shape.Dim, shape.Dim, true), ("attn_k", shape.KvWidth, shape.Dim, true), ("attn_v", shape.KvWidth, shape.Dim, false), ("attn_output", shape.Dim, shape.Dim, false),
            ("ffn_gate", shape.FeedForward, shape.Dim, false), ("ffn_down", shape.Dim, shape.FeedForward, false), ("ffn_up", shape.FeedForward, shape.Dim, false),
        ])
        {
            for (int layer = 0; layer < shape.Layers; layer++)
            {
                string to = $"blk.{layer}.{part}.weight";
                float scale = *(float*)Take(sizeof(float)) / columns;
                if (!(scale >= 0 && float.IsFinite(scale)))
                {
                    throw new ModelFormatException($"The matrix {to} has the scale {scale}.");
                }

                LowBitsFirst matrix = new(to, Take((long)rows * columns / 4), rows, columns, scale);
                matrices[to] = rotated ? CheckpointMatrix.HalvesFromNeighbours(matrix, shape.HeadDim) : new(matrix);
            }
        }

        for (int layer = 0; layer < shape.Layers; layer++)
        {
            foreach (string norm in (string[])["attn_norm", "attn_sub_norm", "ffn_norm", "ffn_sub_norm"])
            {
                numbers[$"blk.{layer}.{norm}.weight"] = null;
            }
        }

        return at == length
            ? new(name, "bitnet", shape, tokenizer, null, numbers, matrices, files)
            : throw new ModelFormatException($"The file has {length - at} bytes more than its sizes say.");
    }

    private static ModelShape ReadShape(ReadOnlySpan<int> sizes, byte tied)
    {
        (int dim, int hidden, int layers, int heads, int kv, int vocabulary, int context) = (sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5], sizes[6]);
        bool fits = dim is > 0 and <= ModelArchitecture.MaxWidth && hidden is > 0 and <= ModelArchitecture.MaxWidth && layers is > 0 and <= ModelArchitecture.MaxLayers
            && heads is > 0 and <= ModelArchitecture.MaxHeads && kv > 0 && heads % kv == 0 && dim % heads == 0 && dim / heads % 2 == 0 && dim / heads <= ModelArchitecture.MaxHeadDim
            && vocabulary is > 0 and <= ModelArchitecture.MaxVocabulary && context is > 0 and <= ModelArchitecture.MaxContext && dim % 4 == 0 && hidden % 4 == 0;
        return !fits
            ? throw new ModelFormatException($"The file's sizes ({string.Join(", ", sizes.ToArray())}) are those of no model that this engine runs.")
            : tied != 1 ? throw new ModelFormatException("The file has a head apart from its embedding, which is not read.")
            : new(layers, dim, heads, kv, dim / heads, hidden, vocabulary, context, Theta, Epsilon, GateActivation.Silu, RopePairing.Halves, SubNorms: true, TiedHead: true);
    }

    /// <summary>Two bits a weight, the first in the low ones: 0, 1 and 3 stand for 0, +1 and −1.</summary>
    private sealed class LowBitsFirst : TernarySource
    {
        private readonly byte* _data;

        public LowBitsFirst(string name, byte* data, int rows, int columns, float scale)
            : base(name, rows, columns)
        {
            _data = data;
            Scale = scale;
        }

        public override string Packing => "packed in two bits";

        public override float Scale { get; }

        public override void Codes(int row, Span<byte> codes)
        {
            byte* from = _data + ((long)row * Columns / 4);
            for (int i = 0; i < Columns; i++)
            {
                codes[i] = ((from[i / 4] >> (2 * (i % 4))) & 3) switch
                {
                    0 => 1,
                    1 => 2,
                    3 => 0,
                    _ => throw new ModelFormatException($"The matrix {Name} holds the unused code 2 in row {row}."),
                };
            }
        }
    }
}

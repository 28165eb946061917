using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Aria.Engine.Models.Gguf;
using MessagePack;

namespace Aria.Engine.Models;

/// <summary>
/// The array whose SHA-256 names a model: numeric rules, hyperparameters, tokenizer, template and the digests of the logical weights (specs/model.md §4-5).
/// </summary>
internal sealed class ModelManifest
{
    private const int Version = 1;

    private ModelManifest(byte[] bytes, Digest[] layers) => (Bytes, LayerDigests, Id) = (bytes, layers, new(Digest.Of(bytes)));

    public byte[] Bytes { get; }

    public IReadOnlyList<Digest> LayerDigests { get; }

    public ModelId Id { get; }

    public static ModelManifest Of(ModelShape shape, ModelTensors tensors, GgufMetadata metadata)
    {
        // The largest first: a digest cannot be shared out.
        Task<Digest> embedding = Task.Run(() => DigestOf(hash => Append(hash, tensors.Embedding)));
        Task<Digest>? ownHead = tensors.OwnHead is { } matrix ? Task.Run(() => DigestOf(hash => Append(hash, matrix))) : null;
        Digest[] layers = [.. tensors.Layers.AsParallel().AsOrdered().Select(DigestOf)];
        ArrayBufferWriter<byte> output = new();
        MessagePackWriter writer = new(output);
        writer.WriteArrayHeader(9);
        writer.Write(Version);
        writer.Write(NumericSpec.Id);
        Write(ref writer, shape);
        writer.Write(DigestOfTokenizer(metadata).Span);
        if (metadata.TextOrNull("tokenizer.chat_template") is { } template)
        {
            writer.Write(Digest.Of(Encoding.UTF8.GetBytes(template)).Span);
        }
        else
        {
            writer.WriteNil();
        }

        writer.Write(embedding.GetAwaiter().GetResult().Span);
        writer.WriteArrayHeader(layers.Length);
        foreach (Digest layer in layers)
        {
            writer.Write(layer.Span);
        }

        writer.Write(DigestOf(hash => Append(hash, tensors.OutputNorm)).Span);
        if (ownHead is not null)
        {
            writer.Write(ownHead.GetAwaiter().GetResult().Span);
        }
        else
        {
            writer.WriteNil();
        }

        writer.Flush();
        return new(output.WrittenSpan.ToArray(), layers);
    }

    private static void Write(ref MessagePackWriter writer, ModelShape shape)
    {
        writer.WriteArrayHeader(14);
        ReadOnlySpan<int> sizes = [shape.Layers, shape.Dim, shape.Heads, shape.KvHeads, shape.HeadDim, shape.FeedForward, shape.Vocabulary, shape.Context];
        foreach (int size in sizes)
        {
            writer.Write(size);
        }

        writer.Write(BitConverter.SingleToUInt32Bits(shape.RopeTheta));
        writer.Write(BitConverter.SingleToUInt32Bits(shape.NormEpsilon));
        writer.Write((int)shape.Activation);
        writer.Write((int)shape.Pairing);
        writer.Write(shape.SubNorms);
        writer.Write(shape.TiedHead);
    }

    private static Digest DigestOf(LayerTensors layer) => DigestOf(hash =>
    {
        Append(hash, layer.AttentionNorm);
        Append(hash, layer.Query);
        Append(hash, layer.Key);
        Append(hash, layer.Value);
        if (layer.AttentionSubNorm is { } attention)
        {
            Append(hash, attention);
        }

        Append(hash, layer.AttentionOutput);
        Append(hash, layer.FeedForwardNorm);
        Append(hash, layer.Gate);
        Append(hash, layer.Up);
        if (layer.FeedForwardSubNorm is { } feedForward)
        {
            Append(hash, feedForward);
        }

        Append(hash, layer.Down);
    });

    private static Digest DigestOf(Action<IncrementalHash> append)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        append(hash);
        return new(hash.GetHashAndReset());
    }

    // kind u8 ‖ rows u32 ‖ columns u32, little-endian.
    private static void AppendHead(IncrementalHash hash, byte kind, int rows, int columns)
    {
        Span<byte> head = stackalloc byte[9];
        head[0] = kind;
        BinaryPrimitives.WriteInt32LittleEndian(head[1..], rows);
        BinaryPrimitives.WriteInt32LittleEndian(head[5..], columns);
        hash.AppendData(head);
    }

    // The rows as the file has them.
    private static void Append(IncrementalHash hash, FloatTensor tensor)
    {
        AppendHead(hash, (byte)tensor.Type, tensor.Rows, tensor.Columns);
        const int rowsAtOnce = 256;
        for (int first = 0; first < tensor.Rows; first += rowsAtOnce)
        {
            int rows = Math.Min(rowsAtOnce, tensor.Rows - first);
            for (int row = first; row < first + rows; row++)
            {
                hash.AppendData(tensor.RowSpan(row));
            }

            tensor.Release(first, rows);
        }
    }

    // Scale f32, then the codes four to a byte, the first in the low bits.
    private static void Append(IncrementalHash hash, TernaryTensor tensor)
    {
        AppendHead(hash, (byte)TensorType.I2_S, tensor.Rows, tensor.Columns);
        Span<byte> scale = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(scale, tensor.Scale);
        hash.AppendData(scale);
        byte[] codes = new byte[tensor.Columns];
        byte[] packed = new byte[tensor.Columns / 4];
        for (int row = 0; row < tensor.Rows; row++)
        {
            tensor.Row(row, codes);
            CanonicalCodes.Pack(codes, packed);
            hash.AppendData(packed);
        }

        tensor.Release();
    }

    private static Digest DigestOfTokenizer(GgufMetadata metadata)
    {
        const string prefix = "tokenizer.ggml.";
        ArrayBufferWriter<byte> output = new();
        MessagePackWriter writer = new(output);
        writer.WriteArrayHeader(12);
        WriteText(ref writer, metadata.Text(prefix + "model"));
        WriteText(ref writer, metadata.TextOrNull(prefix + "pre"));
        WriteTexts(ref writer, metadata.Texts(prefix + "tokens"));
        WriteNumbers(ref writer, metadata.Has(prefix + "token_type") ? metadata.Wholes(prefix + "token_type").Select(value => (uint)value) : null);
        WriteNumbers(ref writer, metadata.Has(prefix + "scores") ? metadata.Singles(prefix + "scores").Select(BitConverter.SingleToUInt32Bits) : null);
        WriteTexts(ref writer, metadata.Has(prefix + "merges") ? metadata.Texts(prefix + "merges") : null);
        foreach (string role in (string[])["bos_token_id", "eos_token_id", "eot_token_id", "unknown_token_id"])
        {
            if (metadata.WholeOrNull(prefix + role, 0, int.MaxValue) is { } id)
            {
                writer.Write(id);
            }
            else
            {
                writer.WriteNil();
            }
        }

        WriteFlag(ref writer, metadata.FlagOrNull(prefix + "add_space_prefix"));
        WriteFlag(ref writer, metadata.FlagOrNull(prefix + "remove_extra_whitespaces"));
        writer.Flush();
        return Digest.Of(output.WrittenSpan);
    }

    // Tokens are bytes that need not be in any normalization form, so they are written as bytes.
    private static void WriteText(ref MessagePackWriter writer, string? text)
    {
        if (text is null)
        {
            writer.WriteNil();
            return;
        }

        writer.Write(Encoding.UTF8.GetBytes(text).AsSpan());
    }

    private static void WriteTexts(ref MessagePackWriter writer, string[]? texts)
    {
        if (texts is null)
        {
            writer.WriteNil();
            return;
        }

        writer.WriteArrayHeader(texts.Length);
        foreach (string text in texts)
        {
            WriteText(ref writer, text);
        }
    }

    private static void WriteNumbers(ref MessagePackWriter writer, IEnumerable<uint>? numbers)
    {
        if (numbers is null)
        {
            writer.WriteNil();
            return;
        }

        uint[] all = [.. numbers];
        writer.WriteArrayHeader(all.Length);
        foreach (uint number in all)
        {
            writer.Write(number);
        }
    }

    private static void WriteFlag(ref MessagePackWriter writer, bool? flag)
    {
        if (flag is { } value)
        {
            writer.Write(value);
        }
        else
        {
            writer.WriteNil();
        }
    }
}

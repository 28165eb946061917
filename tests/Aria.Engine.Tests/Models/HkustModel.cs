using System.Runtime.InteropServices;
using System.Text;
using Aria.Engine.Models.Gguf;
using Aria.Testing;

namespace Aria.Engine.Tests.Models;

/// <summary>
/// A model that others trained ternary from the start, turned from its own file into GGUF: architecture <c>bitnet</c> with all norms one. Its norm divides by the width as well, which
/// the matrices' scales take over exactly; its rotary pairs are neighbours, so the rows of queries and keys are put in the order of halves.
/// </summary>
internal static class HkustModel
{
    private const string A = "bitnet";
    private const int Header = 256;

    public static byte[] Convert()
    {
        byte[] file = File.ReadAllBytes(Fixtures.Path("data", "models", "hkust-bitllama-3M-lsb.bin"));
        int[] header = MemoryMarshal.Cast<byte, int>(file.AsSpan(8, 28)).ToArray();
        (int dim, int hidden, int layers, int heads, int kv, int vocabulary, int context) = (header[0], header[1], header[2], header[3], header[4], header[5], header[6]);
        int headDim = dim / heads;
        GgufBuilder builder = new();
        builder.Add("general.architecture", A).Add("general.name", "hkust-bitllama-3M")
            .Add($"{A}.block_count", (uint)layers).Add($"{A}.embedding_length", (uint)dim).Add($"{A}.context_length", (uint)context)
            .Add($"{A}.attention.head_count", (uint)heads).Add($"{A}.attention.head_count_kv", (uint)kv).Add($"{A}.feed_forward_length", (uint)hidden)
            .Add($"{A}.rope.freq_base", 10_000f).Add($"{A}.attention.layer_norm_rms_epsilon", 1e-24f);
        AddTokenizer(builder, vocabulary);

        int at = Header;
        ReadOnlySpan<byte> Take(int bytes) => file.AsSpan((at += bytes) - bytes, bytes);
        builder.Add(new GgufBuilder.Tensor("output_norm.weight", 0, [(ulong)dim], Take(4 * dim).ToArray()));
        builder.Add(new GgufBuilder.Tensor("token_embd.weight", 0, [(ulong)dim, (ulong)vocabulary], Take(4 * dim * vocabulary).ToArray()));
        (string Name, int Rows, int Columns, bool Rotated)[] matrices =
        [
            ("attn_q", dim, dim, true), ("attn_k", kv * headDim, dim, true), ("attn_v", kv * headDim, dim, false), ("attn_output", dim, dim, false),
            ("ffn_gate", hidden, dim, false), ("ffn_down", dim, hidden, false), ("ffn_up", hidden, dim, false),
        ];
        foreach ((string name, int rows, int columns, bool rotated) in matrices)
        {
            for (int layer = 0; layer < layers; layer++)
            {
                float scale = BitConverter.ToSingle(Take(4)) / columns;
                byte[] codes = Codes(Take(rows * columns / 4));
                codes = rotated ? Halves(codes, columns, headDim) : codes;
                builder.Add(new GgufBuilder.Tensor($"blk.{layer}.{name}.weight", (uint)TensorType.I2_S, [(ulong)columns, (ulong)rows], TernaryBytes.Of(TensorType.I2_S, codes, scale)));
            }
        }

        Assert.Equal(file.Length, at);
        for (int layer = 0; layer < layers; layer++)
        {
            foreach ((string name, int width) in ((string, int)[])[("attn_norm", dim), ("attn_sub_norm", dim), ("ffn_norm", dim), ("ffn_sub_norm", hidden)])
            {
                builder.Add(new GgufBuilder.Tensor($"blk.{layer}.{name}.weight", 0, [(ulong)width], GgufBuilder.Singles(Enumerable.Repeat(1f, width))));
            }
        }

        return builder.Build();
    }

    // Two bits each, the first in the low ones: 0, 1 and 3 stand for 0, +1 and −1.
    private static byte[] Codes(ReadOnlySpan<byte> packed)
    {
        byte[] codes = new byte[4 * packed.Length];
        for (int i = 0; i < codes.Length; i++)
        {
            codes[i] = ((packed[i / 4] >> (2 * (i % 4))) & 3) switch { 0 => 1, 1 => 2, 3 => 0, _ => throw new InvalidDataException("code 2") };
        }

        return codes;
    }

    private static byte[] Halves(byte[] codes, int columns, int headDim)
    {
        byte[] result = new byte[codes.Length];
        for (int row = 0; row < codes.Length / columns; row++)
        {
            (int head, int i) = Math.DivRem(row, headDim);
            int target = (head * headDim) + (i / 2) + (i % 2 * (headDim / 2));
            codes.AsSpan(row * columns, columns).CopyTo(result.AsSpan(target * columns));
        }

        return result;
    }

    // The longest length, then score, length and bytes of each piece, with plain spaces.
    private static void AddTokenizer(GgufBuilder builder, int vocabulary)
    {
        using BinaryReader reader = new(File.OpenRead(Fixtures.Path("data", "models", "hkust-tok512.bin")));
        reader.ReadInt32();
        string[] tokens = new string[vocabulary];
        float[] scores = new float[vocabulary];
        for (int id = 0; id < vocabulary; id++)
        {
            scores[id] = reader.ReadSingle();
            tokens[id] = Encoding.UTF8.GetString(reader.ReadBytes(reader.ReadInt32())).Replace(' ', '\u2581');
        }

        (tokens[0], tokens[1], tokens[2]) = ("<unk>", "<s>", "</s>");
        int[] types = [.. Enumerable.Range(0, vocabulary).Select(id => id switch { 0 => 2, 1 or 2 => 3, < 259 => 6, _ => 1 })];
        builder.Add("tokenizer.ggml.model", "llama").Add("tokenizer.ggml.tokens", tokens).Add("tokenizer.ggml.scores", scores).Add("tokenizer.ggml.token_type", types)
            .Add("tokenizer.ggml.bos_token_id", 1u).Add("tokenizer.ggml.eos_token_id", 2u).Add("tokenizer.ggml.unknown_token_id", 0u);
    }
}

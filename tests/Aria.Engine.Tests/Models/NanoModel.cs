using System.Runtime.InteropServices;
using Aria.Engine.Models;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Numerics;

namespace Aria.Engine.Tests.Models;

/// <summary>Very small models of random weights, in any architecture and format, as files in memory.</summary>
internal sealed record NanoModel
{
    public string Architecture { get; init; } = "bitnet-25";

    public int Layers { get; init; } = 2;

    public int Dim { get; init; } = 128;

    public int Heads { get; init; } = 4;

    public int KvHeads { get; init; } = 2;

    public int HeadDim { get; init; } = 32;

    public int FeedForward { get; init; } = 256;

    public int Vocabulary { get; init; } = 24;

    public bool TiedHead { get; init; } = true;

    public TensorType Numbers { get; init; } = TensorType.F16;

    public TensorType Ternary { get; init; } = TensorType.I2_S;

    public int Seed { get; init; } = 1;

    public static ModelFile Open(byte[] file) => ModelFile.Open(ModelBytes.Copy(new MemoryStream(file)), "nano");

    public ModelFile Open() => Open(Builder().Build());

    public GgufBuilder Builder()
    {
        XorShift random = new((uint)Seed);
        GgufBuilder builder = new();
        string a = Architecture;
        builder.Add("general.architecture", a).Add("general.name", "nano")
            .Add($"{a}.block_count", (uint)Layers).Add($"{a}.embedding_length", (uint)Dim).Add($"{a}.context_length", 64u)
            .Add($"{a}.attention.head_count", (uint)Heads).Add($"{a}.attention.head_count_kv", (uint)KvHeads).Add($"{a}.attention.key_length", (uint)HeadDim)
            .Add($"{a}.feed_forward_length", (uint)FeedForward).Add($"{a}.rope.freq_base", 10_000f).Add($"{a}.attention.layer_norm_rms_epsilon", 1e-5f)
            .Add("tokenizer.ggml.model", "gpt2").Add("tokenizer.ggml.pre", "gpt-2")
            .Add("tokenizer.ggml.tokens", Enumerable.Range(0, Vocabulary).Select(i => $"t{i}").ToArray())
            .Add("tokenizer.ggml.token_type", Enumerable.Repeat(1, Vocabulary).ToArray()).Add("tokenizer.ggml.merges", Array.Empty<string>())
            .Add("tokenizer.ggml.bos_token_id", 0u);
        builder.Add(Matrix(random, "token_embd", Vocabulary, Dim)).Add(Norm(random, "output_norm", Dim));
        if (!TiedHead)
        {
            builder.Add(Matrix(random, "output", Vocabulary, Dim));
        }

        bool subNorms = a != "llama";
        for (int layer = 0; layer < Layers; layer++)
        {
            string Name(string part) => $"blk.{layer}.{part}";
            builder.Add(Norm(random, Name("attn_norm"), Dim));
            builder.Add(TernaryMatrix(random, Name("attn_q"), Heads * HeadDim, Dim));
            builder.Add(TernaryMatrix(random, Name("attn_k"), KvHeads * HeadDim, Dim));
            builder.Add(TernaryMatrix(random, Name("attn_v"), KvHeads * HeadDim, Dim));
            builder.Add(TernaryMatrix(random, Name("attn_output"), Dim, Heads * HeadDim));
            builder.Add(Norm(random, Name("ffn_norm"), Dim));
            builder.Add(TernaryMatrix(random, Name("ffn_gate"), FeedForward, Dim));
            builder.Add(TernaryMatrix(random, Name("ffn_up"), FeedForward, Dim));
            builder.Add(TernaryMatrix(random, Name("ffn_down"), Dim, FeedForward));
            if (subNorms)
            {
                builder.Add(Norm(random, Name("attn_sub_norm"), Heads * HeadDim)).Add(Norm(random, Name("ffn_sub_norm"), FeedForward));
            }
        }

        return builder;
    }

    private static GgufBuilder.Tensor Norm(XorShift random, string name, int width) => new(
        $"{name}.weight", (uint)TensorType.F32, [(ulong)width], GgufBuilder.Singles(Enumerable.Range(0, width).Select(_ => 0.5f + ((random.Next() >> 16) / 65536f))));

    private GgufBuilder.Tensor Matrix(XorShift random, string name, int rows, int columns)
    {
        int elements = rows * columns;
        float Number() => ((int)(random.Next() >> 8) - (1 << 23)) / (float)(1 << 22);       // −2 to 2, exact
        float[] Numbers24() => [.. Enumerable.Range(0, elements).Select(_ => Number())];
        byte[] data = Numbers switch
        {
            TensorType.F32 => GgufBuilder.Singles(Numbers24()),
            TensorType.F16 => MemoryMarshal.AsBytes<ushort>(Numbers24().Select(Float16.FromSingle).ToArray()).ToArray(),
            TensorType.BF16 => MemoryMarshal.AsBytes<ushort>(Numbers24().Select(value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)).ToArray()).ToArray(),
            _ => Blocks(random, Numbers, elements),
        };
        return new($"{name}.weight", (uint)Numbers, [(ulong)columns, (ulong)rows], data);
    }

    // Bytes at random, then the f16 scale of each block over them.
    private static byte[] Blocks(XorShift random, TensorType type, int elements)
    {
        byte[] data = [.. Enumerable.Range(0, (int)type.Bytes(elements)).Select(_ => (byte)(random.Next() >> 24))];
        (int block, int scale) = type == TensorType.Q8_0 ? (34, 0) : (210, 208);
        for (int at = 0; at < data.Length; at += block)
        {
            BitConverter.TryWriteBytes(data.AsSpan(at + scale), Float16.FromSingle((random.Next() >> 21) / 131072f));
        }

        return data;
    }

    private GgufBuilder.Tensor TernaryMatrix(XorShift random, string name, int rows, int columns)
    {
        byte[] codes = [.. Enumerable.Range(0, rows * columns).Select(_ => (byte)((random.Next() >> 8) % 3))];
        return new($"{name}.weight", (uint)Ternary, [(ulong)columns, (ulong)rows], TernaryBytes.Of(Ternary, codes, 0.0625f));
    }

    /// <summary>The generator of the vectors' models (specs/numerics.md §8).</summary>
    private sealed class XorShift(uint seed)
    {
        private uint _state = (seed * 2_654_435_761u) | 1;

        public uint Next()
        {
            _state ^= _state << 13;
            _state ^= _state >> 17;
            _state ^= _state << 5;
            return _state;
        }
    }
}

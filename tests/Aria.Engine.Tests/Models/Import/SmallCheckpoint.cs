using System.Text.Json.Nodes;
using Aria.Engine.Models;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Numerics;

namespace Aria.Engine.Tests.Models.Import;

/// <summary>How a test's checkpoint stores its ternary matrices.</summary>
internal enum Packing
{
    PackedDivided,
    PackedMultiplied,
    TernaryF32,
    TernaryF16,
    TernaryBF16,
    Masters,
}

/// <summary>A very small model as a GGUF of the tests' own writer, and the same model as a checkpoint.</summary>
internal static class SmallCheckpoint
{
    private const float Scale = 0.0625f;        // of the small models: exact in every format, as are its inverse and the masters' mean

    public static NanoModel Nano(string architecture) => new() { Architecture = architecture, TiedHead = architecture != "llama", Dim = 128, Heads = 4, KvHeads = 2, HeadDim = 32, FeedForward = 256 };

    /// <summary>Writes the files that become <paramref name="nano"/> again.</summary>
    public static CheckpointFiles Write(NanoModel nano, Packing packing, int shards = 1)
    {
        using ModelFile model = nano.Open();
        CheckpointFiles files = Write(model, packing, shards);
        File.WriteAllText(files.File("tokenizer.json"), Tokenizer(96).ToJsonString());
        return files;
    }

    /// <summary>Writes the files that become <paramref name="model"/> again, less its tokenizer.</summary>
    public static CheckpointFiles Write(ModelFile model, Packing packing, int shards = 1)
    {
        ModelShape shape = model.Shape;
        CheckpointFiles files = new() { Config = Config(model, packing) };
        bool singles = model.Tensors.Embedding.Type == TensorType.F32;
        files.Add("model.embed_tokens.weight", singles ? "F32" : "F16", [shape.Vocabulary, shape.Dim], singles ? Singles(model.Tensors.Embedding) : Halves(model.Tensors.Embedding));
        files.Add("model.norm.weight", "F32", [shape.Dim], Singles(model.Tensors.OutputNorm));
        if (model.Tensors.OwnHead is { } head)
        {
            files.Add("lm_head.weight", "F16", [shape.Vocabulary, shape.Dim], Halves(head));
        }

        foreach ((int layer, LayerTensors its) in model.Tensors.Layers.Index())
        {
            string at = $"model.layers.{layer}.";
            (string, FloatTensor?)[] norms =
                [("input_layernorm", its.AttentionNorm), ("post_attention_layernorm", its.FeedForwardNorm), ("self_attn.attn_sub_norm", its.AttentionSubNorm), ("mlp.ffn_sub_norm", its.FeedForwardSubNorm)];
            foreach ((string name, FloatTensor? norm) in norms.Where(norm => norm.Item2 is not null))
            {
                files.Add($"{at}{name}.weight", "F32", [norm!.Columns], Singles(norm));
            }

            bool turned = model.Shape.Pairing == RopePairing.Neighbours;
            Add(files, at + "self_attn.q_proj", turned ? Halves(Codes(its.Query), its.Query.Columns, shape.HeadDim) : Codes(its.Query), its.Query, packing);
            Add(files, at + "self_attn.k_proj", turned ? Halves(Codes(its.Key), its.Key.Columns, shape.HeadDim) : Codes(its.Key), its.Key, packing);
            foreach ((string name, TernaryTensor matrix) in ((string, TernaryTensor)[])
                [("self_attn.v_proj", its.Value), ("self_attn.o_proj", its.AttentionOutput), ("mlp.gate_proj", its.Gate), ("mlp.up_proj", its.Up), ("mlp.down_proj", its.Down)])
            {
                Add(files, at + name, Codes(matrix), matrix, packing);
            }
        }

        return files.Write(shards);
    }

    /// <summary>A byte-level tokenizer whose tokens are those that such a model needs, with as many more as fill the rows.</summary>
    public static JsonObject Tokenizer(int tokens)
    {
        JsonObject vocabulary = [];
        for (int id = 0; id < tokens; id++)
        {
            vocabulary[id < 94 ? ((char)('!' + id)).ToString() : id switch { 94 => "Ġ", 95 => "Ċ", _ => $"Ġ!{id}" }] = id;
        }

        return new()
        {
            ["added_tokens"] = new JsonArray(new JsonObject { ["id"] = 0, ["content"] = "!", ["special"] = false }),
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false },
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocabulary, ["merges"] = new JsonArray() },
        };
    }

    private static JsonObject Config(ModelFile model, Packing packing)
    {
        ModelShape shape = model.Shape;
        JsonObject config = new()
        {
            ["architectures"] = new JsonArray(model.Architecture == "llama" ? "LlamaForCausalLM" : shape.Activation == GateActivation.Silu ? "BitnetForCausalLM" : "BitNetForCausalLM"),
            ["hidden_act"] = shape.Activation == GateActivation.Silu ? "silu" : "relu2",
            ["hidden_size"] = shape.Dim, ["num_hidden_layers"] = shape.Layers, ["num_attention_heads"] = shape.Heads, ["num_key_value_heads"] = shape.KvHeads, ["head_dim"] = shape.HeadDim,
            ["intermediate_size"] = shape.FeedForward, ["vocab_size"] = shape.Vocabulary, ["max_position_embeddings"] = shape.Context, ["rope_theta"] = 10000.0, ["rms_norm_eps"] = (double)shape.NormEpsilon,
            ["tie_word_embeddings"] = shape.TiedHead, ["rope_scaling"] = null, ["bos_token_id"] = 0, ["eos_token_id"] = new JsonArray(1, 2),
        };
        if (packing is Packing.PackedDivided or Packing.PackedMultiplied or Packing.Masters)
        {
            config["quantization_config"] = new JsonObject { ["quant_method"] = "bitnet", ["linear_class"] = packing == Packing.PackedMultiplied ? "autobitlinear" : "bitlinear" };
        }

        return config;
    }

    private static void Add(CheckpointFiles files, string name, byte[] codes, TernaryTensor matrix, Packing packing)
    {
        (int rows, int columns) = (matrix.Rows, matrix.Columns);
        long[] shape = [rows, columns];
        IEnumerable<float> Values() => codes.Select(code => (code - 1) * matrix.Scale);
        switch (packing)
        {
            case Packing.PackedDivided or Packing.PackedMultiplied:
                float scale = packing == Packing.PackedDivided ? 1 / matrix.Scale : matrix.Scale;
                files.Add(name + ".weight", "U8", [rows / 4, columns], CheckpointFiles.Packed(codes, rows, columns));
                bool brain = (BitConverter.SingleToUInt32Bits(scale) & 0xffff) == 0;
                files.Add(name + ".weight_scale", brain ? "BF16" : "F32", [1], brain ? CheckpointFiles.Bytes<ushort>([(ushort)(BitConverter.SingleToUInt32Bits(scale) >> 16)]) : BitConverter.GetBytes(scale));
                break;
            case Packing.TernaryF32:
                files.Add(name + ".weight", "F32", shape, CheckpointFiles.Bytes(Values()));
                break;
            case Packing.TernaryF16:
                files.Add(name + ".weight", "F16", shape, CheckpointFiles.Bytes(Values().Select(Float16.FromSingle)));
                break;
            case Packing.TernaryBF16:
                files.Add(name + ".weight", "BF16", shape, CheckpointFiles.Bytes(Values().Select(value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16))));
                break;
            default:
                files.Add(name + ".weight", "F32", shape, CheckpointFiles.Bytes(Masters(codes)));
                break;
        }
    }

    // Weights of many magnitudes whose mean magnitude is the scale, exactly: zeros come from up to 7/16 of it, the others have what is left.
    private static float[] Masters(byte[] codes)
    {
        float[] values = new float[codes.Length];
        int zeros = 0, others = codes.Count(code => code != 1);
        for (int i = 0; i < codes.Length; i++)
        {
            values[i] = codes[i] == 1 ? (zeros++ % 2 == 0 ? 0.25f : -0.25f) * Scale : (codes[i] - 1) * Scale;
        }

        // Mean magnitude 1 needs as much above 1 among the others as the zeros lack.
        double lacking = zeros * 0.75;
        for (int i = 0; i < codes.Length && lacking > 0; i++)
        {
            if (codes[i] != 1)
            {
                double more = Math.Min(lacking, Math.Ceiling(zeros * 0.75 / others));
                values[i] = (codes[i] - 1) * Scale * (float)(1 + more);
                lacking -= more;
            }
        }

        return values;
    }

    private static byte[] Codes(TernaryTensor matrix)
    {
        byte[] codes = new byte[matrix.Rows * matrix.Columns];
        for (int row = 0; row < matrix.Rows; row++)
        {
            matrix.Row(row, codes.AsSpan(row * matrix.Columns, matrix.Columns));
        }

        return codes;
    }

    // Rows in the order that Hugging Face keeps: element i of a head's pair with element i + half.
    private static byte[] Halves(byte[] codes, int columns, int headDim)
    {
        byte[] result = new byte[codes.Length];
        for (int row = 0; row < codes.Length / columns; row++)
        {
            (int head, int i) = Math.DivRem(row, headDim);
            codes.AsSpan(row * columns, columns).CopyTo(result.AsSpan(((head * headDim) + (i / 2) + (i % 2 * (headDim / 2))) * columns));
        }

        return result;
    }

    private static byte[] Singles(FloatTensor tensor) => CheckpointFiles.Bytes(Rows(tensor));

    private static byte[] Halves(FloatTensor tensor) => CheckpointFiles.Bytes(Rows(tensor).Select(Float16.FromSingle));

    private static float[] Rows(FloatTensor tensor)
    {
        float[] all = new float[tensor.Rows * tensor.Columns];
        for (int row = 0; row < tensor.Rows; row++)
        {
            tensor.Row(row, all.AsSpan(row * tensor.Columns, tensor.Columns));
        }

        return all;
    }
}

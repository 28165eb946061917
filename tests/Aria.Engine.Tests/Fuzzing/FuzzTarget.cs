using System.Globalization;
using System.Text;
using Aria.Engine.Models;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Models.Import;
using Aria.Engine.Tests.Models;
using Aria.Engine.Tests.Models.Import;
using Aria.Engine.Text;

namespace Aria.Engine.Tests.Fuzzing;

/// <summary>A parser of bytes that others wrote, right inputs for it, and the exception that it may throw.</summary>
internal sealed unsafe record FuzzTarget(string Name, IReadOnlyList<byte[]> Seeds, Action<byte[]> Parse)
{
    // The smallest there is: the head of a file counts, and the less else there is, the more of it is tried.
    private static readonly NanoModel Nano = new() { Layers = 1, Dim = 16, Heads = 1, KvHeads = 1, HeadDim = 16, FeedForward = 16, Vocabulary = 4, Architecture = "llama", TiedHead = false };

    /// <summary>Exceptions that say no.</summary>
    public IReadOnlyList<Type> Expected { get; init; } = [typeof(ModelFormatException)];

    /// <summary>Most managed memory for one input, in bytes.</summary>
    public long MostBytes { get; init; } = 8 << 20;

    public static IReadOnlyList<FuzzTarget> All => field ??=
    [
        new("gguf", [Nano.Builder().Build(), Tokenizers[0]], input => Container(input)),
        new("model file", [Nano.Builder().Build(), (Nano with { Architecture = "bitnet" }).Builder().Build()], input => NanoModel.Open(input).Dispose()),
        new("tokenizer metadata", Tokenizers, input => _ = ModelTokenizer.Read(Container(input), 1 << 20, () => null).Value.Encode("Hi ☃ 42\n")),
        new("chat template", Templates, Template) { Expected = [typeof(ChatFormatException)] },
        new("safetensors", [Safetensors], input => Pinned(input, (data, length) => SafetensorsFile.Parse(data, length, "x"))),
        new("safetensors index", ["""{"metadata":{"total_size":1},"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}}"""u8.ToArray()], input => CheckpointFolder.Shards(input)),
        new("config.json", Configs, input => CheckpointConfig.Parse(input)),
        new("tokenizer.json", [Encoding.UTF8.GetBytes(SmallCheckpoint.Tokenizer(96).ToJsonString())], input => _ = Tokenizer.Of(ByteLevelModel.Parse(input, null) with { BeginOfSequence = 0 }).Encode("Hi ☃ 42\n")),
        new("tokenizer.model", [Pieces], input => _ = Tokenizer.Of(SentencePieceModel.Parse(input)).Encode("Hi ☃ 42\n")),
        new("added_tokens.json", ["""{"<pad>":6,"<x>":7}"""u8.ToArray()], input => SentencePieceModel.WithAdded(SentencePieceModel.Parse(Pieces), input)),
        new("bitllama2.c", [BitLlama], input => Pinned(input, (data, length) => BitLlamaCheckpoint.Parse(data, length, SentencePieceModel.Parse(Pieces), "x", []))),
    ];

    private static byte[][] Tokenizers { get; } = [ByteLevelFile(), SentencePieceFile()];

    private static byte[][] Templates { get; } = [.. ChatLayout.All.Where(layout => layout.Template is not null).Select(layout => Encoding.UTF8.GetBytes(layout.Template!)), "\u0001user\u0002Hi\u0001assistant\u0002Yes\u0001user\u0002What?"u8.ToArray()];

    private static byte[][] Configs { get; } =
    [
        """{"architectures":["LlamaForCausalLM"],"hidden_act":"silu","hidden_size":64,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,"intermediate_size":96,"vocab_size":99,"max_position_embeddings":64,"rope_theta":500000.0,"rms_norm_eps":1e-05,"tie_word_embeddings":false,"bos_token_id":1,"eos_token_id":[2,3],"rope_scaling":null,"quantization_config":{"quant_method":"bitnet","linear_class":"autobitlinear"}}"""u8.ToArray(),
        """{"architectures":["BitNetForCausalLM"],"hidden_act":"relu2","hidden_size":64,"num_hidden_layers":2,"num_attention_heads":4,"head_dim":16,"intermediate_size":96,"vocab_size":128256,"max_position_embeddings":64,"rms_norm_eps":1e-05,"tie_word_embeddings":true,"eos_token_id":2}"""u8.ToArray(),
    ];

    private static byte[] Safetensors { get; } = CheckpointFiles.Safetensors(new Dictionary<string, (string, long[], byte[])>
    {
        ["model.norm.weight"] = ("F32", [4], new byte[16]), ["a.weight"] = ("U8", [2, 4], new byte[8]), ["a.weight_scale"] = ("BF16", [1], new byte[2]), ["s"] = ("F16", [], new byte[2]),
    });

    private static byte[] Pieces { get; } =
    [
        .. Piece("<unk>", 0, 2), .. Piece("<s>", 0, 3), .. Piece("a", -1, 1), .. Piece("▁", -2, 1), .. Piece("▁a", -0.5f, 1), .. Piece("<0x0A>", 0, 6),
        0x12, 8, 0x18, 2, 0xc0, 2, 0, 0xc8, 2, 1, 0x1a, 2, 0x18, 1,      // trainer: model type 2, unknown 0, begin 1; normaliser: a prefix
    ];

    private static byte[] BitLlama { get; } = Bits();

    public override string ToString() => Name;

    private static byte[] Bits()
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        Array.ForEach((int[])[0x616b3432, 1, 8, 8, 1, 2, 1, 6, 16], writer.Write);
        writer.Write((byte)1);
        writer.Write(new byte[256 - 37]);
        writer.Write(new byte[4 * 8 * 7]);
        foreach (int elements in (int[])[64, 32, 32, 64, 64, 64, 64])
        {
            writer.Write(0.5f);
            writer.Write(new byte[elements / 4]);
        }

        return stream.ToArray();
    }

    private static byte[] Piece(string text, float score, byte type)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return [0x0a, (byte)(utf8.Length + 9), 0x0a, (byte)utf8.Length, .. utf8, 0x15, .. BitConverter.GetBytes(score), 0x18, type];
    }

    private static byte[] ByteLevelFile() => new GgufBuilder()
        .Add("tokenizer.ggml.model", "gpt2").Add("tokenizer.ggml.pre", "llama-bpe")
        .Add("tokenizer.ggml.tokens", (string[])["<|begin_of_text|>", .. Enumerable.Range('!', 94).Select(c => ((char)c).ToString()), "Ġ", "Ċ", "Hi", "<|eot_id|>"])
        .Add("tokenizer.ggml.token_type", (int[])[3, .. Enumerable.Repeat(1, 97), 3]).Add("tokenizer.ggml.merges", (string[])["H i"])
        .Add("tokenizer.ggml.bos_token_id", 0u).Add("tokenizer.ggml.eos_token_id", 98u).Build();

    private static byte[] SentencePieceFile() => new GgufBuilder()
        .Add("tokenizer.ggml.model", "llama").Add("tokenizer.ggml.tokens", (string[])["<unk>", "<s>", "</s>", "▁", "H", "i", "Hi", "▁Hi", "<0x0A>"])
        .Add("tokenizer.ggml.token_type", (int[])[2, 3, 3, 1, 1, 1, 1, 1, 6]).Add("tokenizer.ggml.scores", (float[])[0, 0, 0, -1, -2, -3, -0.5f, -0.25f, 0])
        .Add("tokenizer.ggml.bos_token_id", 1u).Add("tokenizer.ggml.unknown_token_id", 0u).Add("tokenizer.ggml.add_space_prefix", true).Build();

    // Messages between marks, or else a template.
    private static void Template(byte[] input)
    {
        string text = Encoding.UTF8.GetString(input);
        Tokenizer tokenizer = Vocabularies.Value;
        if (text.StartsWith('\u0001'))
        {
            ChatMessage[] messages = [.. text.Split('\u0001').Skip(1).Select(part => part.Split('\u0002')).Select(parts => new ChatMessage(parts[0], parts.ElementAtOrDefault(1)!))];
            ChatTemplate.Of(null, "x", tokenizer, "falcon-e").Encode(messages);
        }
        else
        {
            ChatTemplate.Of(text, "x", tokenizer).Encode([new("user", text)]);
        }
    }

    private static Lazy<Tokenizer> Vocabularies { get; } = new(() => ModelTokenizer.Read(Container(Tokenizers[0]), 1 << 20, () => null).Value);

    private static GgufMetadata Container(byte[] input)
    {
        GgufMetadata? metadata = null;
        Pinned(input, (data, length) => metadata = GgufFile.Parse(data, length).Metadata);
        return metadata!;
    }

    private delegate void Reader(byte* data, long length);

    private static void Pinned(byte[] input, Reader read)
    {
        // An empty array has no address; a reader must not look.
        byte nothing = 0;
        fixed (byte* data = input)
        {
            read(data is null ? &nothing : data, input.Length);
        }
    }
}

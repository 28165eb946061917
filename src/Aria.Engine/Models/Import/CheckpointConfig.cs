using System.Text.Json;

namespace Aria.Engine.Models.Import;

/// <summary>How the ternary matrices of a checkpoint are scaled when they come packed (specs/model.md §6).</summary>
internal enum PackedScale
{
    /// <summary>A weight is its code, less one, over <c>weight_scale</c>.</summary>
    Divides,

    /// <summary>A weight is its code, less one, times <c>weight_scale</c>.</summary>
    Multiplies,
}

/// <summary>What a checkpoint's <c>config.json</c> says (specs/model.md §6).</summary>
internal sealed record CheckpointConfig
{
    /// <summary>Longest <c>config.json</c>, in bytes.</summary>
    public const int MaxBytes = 1 << 20;

    private const int TwoBillionVocabulary = 128_256;
    private const int MaxToken = 1 << 20;

    /// <summary>The GGUF architecture.</summary>
    public required string Architecture { get; init; }

    public required ModelShape Shape { get; init; }

    /// <summary>Whether the model was trained ternary, so that weights of many magnitudes are master weights.</summary>
    public required bool TrainedTernary { get; init; }

    public required PackedScale PackedScale { get; init; }

    public uint? BeginOfSequence { get; init; }

    public uint? EndOfSequence { get; init; }

    /// <exception cref="ModelFormatException">No JSON, or a model that this engine does not run; the message says why.</exception>
    public static CheckpointConfig Parse(ReadOnlyMemory<byte> bytes) => CheckpointJson.Read("config.json", bytes, Read);

    private static CheckpointConfig Read(JsonElement root)
    {
        string architecture = CheckpointJson.Find(root, "architectures") is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() == 1
            ? list[0].GetString() ?? ""
            : throw new ModelFormatException("config.json names no one architecture.");
        bool bitNet = architecture is "BitnetForCausalLM" or "BitNetForCausalLM";
        if (!bitNet && architecture != "LlamaForCausalLM")
        {
            throw new ModelFormatException($"config.json: the architecture '{architecture}' is not known; known are LlamaForCausalLM, BitnetForCausalLM and BitNetForCausalLM.");
        }

        RefuseWhatIsNotComputed(root);
        JsonElement? quantization = CheckpointJson.Find(root, "quantization_config");
        string? method = quantization is { } said ? CheckpointJson.TextOrNull(said, "quant_method") : null;
        if (quantization is not null && method != "bitnet")
        {
            throw new ModelFormatException($"config.json: the weights are quantised by the method '{method}'; only 'bitnet' is read.");
        }

        ModelShape shape = ReadShape(root, bitNet);
        return new()
        {
            Architecture = !bitNet ? "llama" : shape.Activation == GateActivation.Silu ? "bitnet" : shape.Vocabulary == TwoBillionVocabulary ? "bitnet-b1.58" : "bitnet-25",
            Shape = shape,
            TrainedTernary = bitNet || method is not null,
            PackedScale = quantization is { } config && CheckpointJson.TextOrNull(config, "linear_class") == "autobitlinear" ? PackedScale.Multiplies : PackedScale.Divides,
            BeginOfSequence = Token(root, "bos_token_id"),
            EndOfSequence = Token(root, "eos_token_id"),
        };
    }

    private static void RefuseWhatIsNotComputed(JsonElement root)
    {
        if (CheckpointJson.Find(root, "rope_scaling") is { } scaling)
        {
            throw new ModelFormatException($"config.json asks for scaled rotary positions (rope_scaling {scaling.GetRawText().ReplaceLineEndings(" ")}), which this engine does not compute.");
        }

        foreach (string bias in (string[])["attention_bias", "mlp_bias"])
        {
            if (CheckpointJson.FlagOrNull(root, bias) == true)
            {
                throw new ModelFormatException($"config.json asks for biases ({bias}), which this engine does not add.");
            }
        }

        if (CheckpointJson.Find(root, "quantization_config") is { } quantization && CheckpointJson.FlagOrNull(quantization, "use_rms_norm") == true)
        {
            throw new ModelFormatException("config.json asks for a norm inside every matrix (use_rms_norm), which this engine does not compute.");
        }
    }

    private static ModelShape ReadShape(JsonElement root, bool bitNet)
    {
        int Whole(string key, int most) => CheckpointJson.Whole(root, key, 1, most);

        string act = CheckpointJson.TextOrNull(root, "hidden_act") ?? "silu";
        GateActivation activation = act switch
        {
            "silu" => GateActivation.Silu,
            "relu2" when bitNet => GateActivation.ReluSquared,
            _ => throw new ModelFormatException($"config.json: the activation '{act}' is not known; known are silu and, for BitNet, relu2."),
        };
        int dim = Whole("hidden_size", ModelArchitecture.MaxWidth);
        int heads = Whole("num_attention_heads", ModelArchitecture.MaxHeads);
        int kvHeads = CheckpointJson.WholeOrNull(root, "num_key_value_heads", 1, ModelArchitecture.MaxHeads) ?? heads;
        int? saidWidth = CheckpointJson.WholeOrNull(root, "head_dim", 1, ModelArchitecture.MaxHeadDim);
        int headDim = saidWidth ?? dim / heads;
        if (heads % kvHeads != 0 || (saidWidth is null && dim % heads != 0) || headDim % 2 != 0 || headDim is 0 or > ModelArchitecture.MaxHeadDim || heads * headDim > ModelArchitecture.MaxWidth)
        {
            throw new ModelFormatException($"config.json: {heads} query and {kvHeads} key heads of {headDim} elements do not fit a width of {dim}.");
        }

        double theta = CheckpointJson.RealOrNull(root, "rope_theta") ?? 10_000;
        double epsilon = CheckpointJson.RealOrNull(root, "rms_norm_eps") ?? throw new ModelFormatException("The key 'rms_norm_eps' is missing.");
        if (!((float)theta > 1 && (float)theta <= 1e9f) || !((float)epsilon > 0 && (float)epsilon < 1))
        {
            throw new ModelFormatException($"config.json: the rotary base is {theta} (above 1 to 1e9 is allowed), the norms' epsilon {epsilon} (above 0, below 1).");
        }

        return new(
            Whole("num_hidden_layers", ModelArchitecture.MaxLayers), dim, heads, kvHeads, headDim, Whole("intermediate_size", ModelArchitecture.MaxWidth),
            Whole("vocab_size", ModelArchitecture.MaxVocabulary), Whole("max_position_embeddings", ModelArchitecture.MaxContext), (float)theta, (float)epsilon,
            activation, bitNet ? RopePairing.Halves : RopePairing.Neighbours, SubNorms: bitNet, CheckpointJson.FlagOrNull(root, "tie_word_embeddings") ?? false);
    }

    // One id, or several of which the first is meant.
    private static uint? Token(JsonElement root, string key) => CheckpointJson.Find(root, key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } ids when ids.GetArrayLength() > 0 => (uint)CheckpointJson.Wholes(root, key, 16, MaxToken)[0],
        _ => (uint)CheckpointJson.Whole(root, key, 0, MaxToken),
    };
}

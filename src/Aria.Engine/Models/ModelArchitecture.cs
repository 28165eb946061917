using Aria.Engine.Models.Gguf;

namespace Aria.Engine.Models;

/// <summary>The architectures this engine runs, and how a file's metadata becomes a shape (specs/model.md §3).</summary>
internal static class ModelArchitecture
{
    public const int MaxLayers = 1024;
    public const int MaxWidth = 131_072;            // K · 127 < 2^24: a row's integer sum is exact in f32
    public const int MaxHeads = 1024;
    public const int MaxHeadDim = 1024;
    public const int MaxContext = 1 << 17;
    public const int MaxVocabulary = 1 << 20;
    private const int TwoBillionVocabulary = 128_256;

    /// <exception cref="ModelFormatException">Unknown architecture, missing, contradictory or unsupported hyperparameters.</exception>
    public static ModelShape ReadShape(GgufMetadata metadata, GgufTensor embedding, bool tiedHead)
    {
        string architecture = metadata.Text("general.architecture");
        if (embedding.Rows > MaxVocabulary)
        {
            throw new ModelFormatException($"Tensor '{embedding.Name}' has {embedding.Rows} rows; at most {MaxVocabulary} tokens are allowed.");
        }

        int vocabulary = (int)embedding.Rows;
        (GateActivation activation, RopePairing pairing, bool subNorms) = architecture switch
        {
            "bitnet-25" => (GateActivation.ReluSquared, RopePairing.Halves, true),
            "bitnet-b1.58" when vocabulary == TwoBillionVocabulary => (GateActivation.ReluSquared, RopePairing.Halves, true),
            "bitnet-b1.58" or "bitnet" => (GateActivation.Silu, RopePairing.Halves, true),
            "llama" => (GateActivation.Silu, RopePairing.Neighbours, false),
            _ => throw new ModelFormatException($"The architecture '{architecture}' is not known; known are bitnet-25, bitnet-b1.58, bitnet and llama."),
        };

        int Whole(string key, int most) => metadata.Whole($"{architecture}.{key}", 1, most);

        int dim = Whole("embedding_length", MaxWidth);
        int heads = Whole("attention.head_count", MaxHeads);
        int kvHeads = metadata.WholeOrNull($"{architecture}.attention.head_count_kv", 1, MaxHeads) ?? heads;
        int headDim = HeadDim(metadata, architecture, dim, heads);
        RefuseRopeScaling(metadata, architecture);
        float theta = metadata.SingleOrNull($"{architecture}.rope.freq_base") ?? 10_000f;
        float epsilon = metadata.Single($"{architecture}.attention.layer_norm_rms_epsilon");
        if (heads % kvHeads != 0)
        {
            throw new ModelFormatException($"{heads} query heads cannot share {kvHeads} key and value heads evenly.");
        }

        if (!(theta > 1 && theta <= 1e9f) || !(epsilon > 0 && epsilon < 1))
        {
            throw new ModelFormatException($"The rotary base is {theta} (above 1 to 1e9 is allowed), the norms' epsilon {epsilon} (above 0, below 1).");
        }

        return new(
            Whole("block_count", MaxLayers), dim, heads, kvHeads, headDim, Whole("feed_forward_length", MaxWidth), vocabulary,
            Whole("context_length", MaxContext), theta, epsilon, activation, pairing, subNorms, tiedHead);
    }

    private static int HeadDim(GgufMetadata metadata, string architecture, int dim, int heads)
    {
        int? said = metadata.WholeOrNull($"{architecture}.attention.key_length", 1, MaxHeadDim);
        if (said is null && dim % heads != 0)
        {
            throw new ModelFormatException($"{heads} heads do not divide the width {dim}, and '{architecture}.attention.key_length' is missing.");
        }

        int headDim = said ?? dim / heads;
        int value = metadata.WholeOrNull($"{architecture}.attention.value_length", 1, MaxHeadDim) ?? headDim;
        int rotated = metadata.WholeOrNull($"{architecture}.rope.dimension_count", 1, MaxHeadDim) ?? headDim;
        return headDim % 2 == 0 && headDim <= MaxHeadDim && value == headDim && rotated == headDim && heads * headDim <= MaxWidth
            ? headDim
            : throw new ModelFormatException(
                $"Heads of {headDim} with values of {value} and {rotated} rotated elements; all three must be one even number of at most {MaxHeadDim}, and all heads at most {MaxWidth} wide.");
    }

    private static void RefuseRopeScaling(GgufMetadata metadata, string architecture)
    {
        string prefix = $"{architecture}.rope.scal";
        foreach (string key in metadata.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)))
        {
            bool harmless = key == $"{architecture}.rope.scaling.type" ? metadata.Text(key) is "none" or "linear"
                : key == $"{architecture}.rope.scaling.factor" && metadata.Single(key) == 1f;
            if (!harmless)
            {
                throw new ModelFormatException($"The metadata key '{key}' asks for scaled rotary positions, which this engine does not compute.");
            }
        }
    }
}

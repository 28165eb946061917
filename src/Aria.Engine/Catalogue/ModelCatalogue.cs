using Aria.Engine.Models;

namespace Aria.Engine.Catalogue;

/// <summary>The published ternary models and their official files (specs/catalogue.md). Nothing is fetched: it only tells what is known.</summary>
public static class ModelCatalogue
{
    /// <summary>All models, by size of their files.</summary>
    public static IReadOnlyList<CatalogueModel> Models { get; } =
    [
        OneBit("bitnet_b1_58-large", layers: 24, dim: 1_536, heads: 16, headDim: 96, feedForward: 4_096),
        FalconEdge("Falcon-E-1B", layers: 24, feedForward: 9_216),
        FalconEdge("Falcon-E-3B", layers: 32, feedForward: 13_312),
        OneBit("bitnet_b1_58-3B", layers: 26, dim: 3_200, heads: 32, headDim: 100, feedForward: 8_640),
        new()
        {
            Name = "BitNet-b1.58-2B-4T",
            Architecture = "bitnet-b1.58",
            Shape = new(30, 2_560, 20, 5, 128, 6_912, 128_256, 4_096, 500_000f, 1e-5f, GateActivation.ReluSquared, RopePairing.Halves, SubNorms: true, TiedHead: true),
            Tokens = 128_256,
            TokenizerModel = "gpt2",
            Pre = "llama-bpe",
            ChatLayout = "bitnet-b1.58-2B-4T",
        },
        Falcon3("Falcon3-1B", layers: 18, dim: 2_048, heads: 8, feedForward: 8_192, context: 8_192),
        Falcon3("Falcon3-3B", layers: 22, dim: 3_072, heads: 12, feedForward: 9_216, context: 32_768),
        Falcon3("Falcon3-7B", layers: 28, dim: 3_072, heads: 12, feedForward: 23_040, context: 32_768, rows: 131_080),
        new()
        {
            Name = "Llama3-8B-1.58",
            Architecture = "llama",
            Shape = Llama(32, 4_096, 32, 8, 128, 14_336, 128_256, 8_192, 500_000f, 1e-5f),
            Tokens = 128_256,
            TokenizerModel = "gpt2",
            Pre = "llama-bpe",
        },
        Falcon3("Falcon3-10B", layers: 40, dim: 3_072, heads: 12, feedForward: 23_040, context: 32_768),
    ];

    /// <summary>The official files whose digests are known.</summary>
    public static IReadOnlyList<CatalogueFile> Files { get; } =
    [
        Official("Falcon-E-1B", 666_324_256, "feb7478007e916d26bb807cb1a01cc45ac16f197e355d8c30aed25e550ecd73b"),
        Official("Falcon-E-3B", 999_908_608, "acef6896311c5d0713d80e4c7f7bc2ffa1fa183d905e2ca9236545372f434255"),
        Official("BitNet-b1.58-2B-4T", 1_187_801_280, "4221b252fdd5fd25e15847adfeb5ee88886506ba50b8a34548374492884c2162"),
        Official("Falcon3-1B", 1_361_904_672, "0ecef8ad9bcb1b7d3b73bac7b0237daf2faa962b60cbbaf62c86ff51a39444b4"),
        Official("Falcon3-3B", 2_221_465_632, "2ee9723dc1abcc53f231ef1637bdd7c1ec1dbaf132c2c59873100cfb48b41455"),
        Official("Falcon3-7B", 3_278_680_768, "612ab67d4c5fb77d9f810eb521eb4a477dae46df1a85ca501018490e2dac35c6"),
        Official("Falcon3-10B", 3_991_393_696, "e37945ee82693a6541b5fa5484f0e24787c04a9ce95e6e377f68a6b15f139c1f"),
    ];

    /// <summary>The model of that name, in any case; null for none.</summary>
    public static CatalogueModel? Find(string name) => Models.FirstOrDefault(model => string.Equals(model.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The entry of a file; its digest is asked for only if its length is that of an official file.</summary>
    /// <param name="bytes">Length of the file.</param>
    /// <param name="sha256">Computes the SHA-256 of the whole file.</param>
    public static CatalogueFile? Recognise(long bytes, Func<Digest> sha256)
    {
        ArgumentNullException.ThrowIfNull(sha256);
        CatalogueFile[] alike = [.. Files.Where(file => file.Bytes == bytes)];
        if (alike.Length == 0)
        {
            return null;
        }

        Digest digest = sha256();
        return alike.FirstOrDefault(file => file.Sha256 == digest);
    }

    private static CatalogueFile Official(string model, long bytes, string sha256) =>
        new(Find(model)!, bytes, Digest.TryParse(sha256, out Digest digest) ? digest : throw new FormatException(sha256));

    private static CatalogueModel OneBit(string name, int layers, int dim, int heads, int headDim, int feedForward) => new()
    {
        Name = name,
        Architecture = "bitnet",
        Shape = new(layers, dim, heads, heads, headDim, feedForward, 32_002, 2_048, 10_000f, 1e-5f, GateActivation.Silu, RopePairing.Halves, SubNorms: true, TiedHead: true),
        Tokens = 32_002,
        TokenizerModel = "llama",
        Unconfirmed = "the norms' epsilon",
    };

    private static CatalogueModel FalconEdge(string name, int layers, int feedForward) => new()
    {
        Name = name,
        Architecture = "llama",
        Shape = Llama(layers, 2_048, 16, 2, 128, feedForward, 32_768, 8_192, 1_000_042f, 1e-6f),
        Tokens = 32_768,
        TokenizerModel = "gpt2",
        Pre = "falcon_e",
        ChatLayout = "falcon-e",
        Unconfirmed = "context, rotary base, the norms' epsilon, begin and end tokens",
    };

    private static CatalogueModel Falcon3(string name, int layers, int dim, int heads, int feedForward, int context, int rows = 131_072) => new()
    {
        Name = name,
        Architecture = "llama",
        Shape = Llama(layers, dim, heads, 4, 256, feedForward, rows, context, 1_000_042f, 1e-6f),
        Tokens = 131_072,
        TokenizerModel = "gpt2",
        Pre = "falcon3",
        ChatLayout = "falcon3",
        Unconfirmed = rows == 131_072 ? null : "the rows of embedding and head beyond the tokens",
    };

    private static ModelShape Llama(
        int layers, int dim, int heads, int kvHeads, int headDim, int feedForward, int vocabulary, int context, float theta, float epsilon) =>
        new(layers, dim, heads, kvHeads, headDim, feedForward, vocabulary, context, theta, epsilon, GateActivation.Silu, RopePairing.Neighbours, SubNorms: false, TiedHead: false);
}

using Aria.Engine.Models.Gguf;
using Aria.Engine.Text;

namespace Aria.Engine.Models;

/// <summary>The tokenizer that a file's metadata describes (specs/tokenizer.md §1).</summary>
internal static class ModelTokenizer
{
    private const string Prefix = "tokenizer.ggml.";

    /// <summary>A broken vocabulary is refused at once; one of an unknown kind only when it is used, since stages need none.</summary>
    /// <exception cref="ModelFormatException">A vocabulary of a known kind contradicts itself or the embedding.</exception>
    public static Lazy<Tokenizer> Read(GgufMetadata metadata, int embeddingRows)
    {
        string[] tokens = metadata.Texts(Prefix + "tokens");
        if (tokens.Length > embeddingRows)
        {
            throw new ModelFormatException($"The vocabulary has {tokens.Length} tokens, the embedding only {embeddingRows} rows.");
        }

        string model = metadata.Text(Prefix + "model");
        string? pre = metadata.TextOrNull(Prefix + "pre");
        if ((model, pre) is not ("gpt2", "gpt-2"))
        {
            return new(() => throw new ModelFormatException($"The tokenizer '{model}' with the split '{pre}' is not known; known is gpt2 with gpt-2."));
        }

        Tokenizer tokenizer = new(new Vocabulary(
            tokens,
            metadata.Wholes(Prefix + "token_type"),
            metadata.Texts(Prefix + "merges"),
            (uint)metadata.Whole(Prefix + "bos_token_id", 0, int.MaxValue),
            Ends(metadata)));
        return new(() => tokenizer);
    }

    private static IEnumerable<uint> Ends(GgufMetadata metadata) =>
        from role in (string[])["eos_token_id", "eot_token_id"]
        let id = metadata.WholeOrNull(Prefix + role, 0, int.MaxValue)
        where id is not null
        select (uint)id;
}

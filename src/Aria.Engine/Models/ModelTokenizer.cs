using Aria.Engine.Models.Gguf;
using Aria.Engine.Text;

namespace Aria.Engine.Models;

/// <summary>The tokenizer that a file's metadata describes (specs/tokenizer.md §1).</summary>
internal static class ModelTokenizer
{
    private const string Prefix = "tokenizer.ggml.";

    /// <summary>A vocabulary that is broken or unknown is refused when it is used, since stages need none; one that does not fit the embedding at once.</summary>
    /// <exception cref="ModelFormatException">There is none, or it has more tokens than the embedding has rows.</exception>
    public static Lazy<Tokenizer> Read(GgufMetadata metadata, int embeddingRows, Func<string?> cataloguedPre)
    {
        TokenizerMetadata said = Said(metadata);
        return said.Tokens.Count <= embeddingRows
            ? new(() => Tokenizer.Of(said is { Model: "gpt2", Pre: null } ? said with { Pre = cataloguedPre() } : said))
            : throw new ModelFormatException($"The vocabulary has {said.Tokens.Count} tokens, the embedding only {embeddingRows} rows.");
    }

    private static TokenizerMetadata Said(GgufMetadata metadata) => new()
    {
        Model = metadata.Text(Prefix + "model"),
        Pre = metadata.TextOrNull(Prefix + "pre"),
        Tokens = metadata.Texts(Prefix + "tokens"),
        TokenTypes = metadata.Has(Prefix + "token_type") ? metadata.Wholes(Prefix + "token_type") : null,
        Scores = metadata.Has(Prefix + "scores") ? metadata.Singles(Prefix + "scores") : null,
        Merges = metadata.Has(Prefix + "merges") ? metadata.Texts(Prefix + "merges") : null,
        BeginOfSequence = Id(metadata, "bos_token_id"),
        EndOfSequence = Id(metadata, "eos_token_id"),
        EndOfTurn = Id(metadata, "eot_token_id"),
        Unknown = Id(metadata, "unknown_token_id"),
        AddSpacePrefix = metadata.FlagOrNull(Prefix + "add_space_prefix"),
        RemoveExtraWhitespaces = metadata.FlagOrNull(Prefix + "remove_extra_whitespaces"),
    };

    private static uint? Id(GgufMetadata metadata, string role) => (uint?)metadata.WholeOrNull(Prefix + role, 0, int.MaxValue);
}

using System.Text.Json;
using Aria.Engine.Text;

namespace Aria.Engine.Models.Import;

/// <summary>A <c>tokenizer.json</c> of a byte-level pair-merging tokenizer: vocabulary, merges, added tokens, and how it splits text.</summary>
internal static class ByteLevelModel
{
    /// <summary>Longest file, in bytes.</summary>
    public const int MaxBytes = 1 << 26;

    private const int MaxTokens = ModelArchitecture.MaxVocabulary;
    private const int MaxMerges = 1 << 21;

    // The split of Llama 3, letter for letter as its file has it (specs/tokenizer.md §4).
    private const string Llama3Split =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <param name="bytes">The file.</param>
    /// <param name="pre">Names the split whatever the file says; null: it must be one that is recognised.</param>
    /// <exception cref="ModelFormatException">No such file, or one whose rules this engine does not follow.</exception>
    public static TokenizerMetadata Parse(ReadOnlyMemory<byte> bytes, string? pre) => CheckpointJson.Read("tokenizer.json", bytes, root => Read(root, pre));

    private static TokenizerMetadata Read(JsonElement root, string? pre)
    {
        JsonElement model = CheckpointJson.Find(root, "model") ?? throw new ModelFormatException("tokenizer.json has no model.");
        if (CheckpointJson.TextOrNull(model, "type") is { } type && type != "BPE")
        {
            throw new ModelFormatException($"tokenizer.json: the model '{type}' is not read; only BPE is.");
        }

        if (CheckpointJson.FlagOrNull(model, "byte_fallback") == true)
        {
            throw new ModelFormatException("tokenizer.json describes a SentencePiece tokenizer without its scores: its file tokenizer.model is needed (--tokenizer FILE).");
        }

        if (CheckpointJson.Find(root, "normalizer") is not null)
        {
            throw new ModelFormatException("tokenizer.json rewrites text before it splits it (a normalizer), which this engine does not do.");
        }

        SortedDictionary<int, (string Text, TokenKind Kind)> tokens = Vocabulary(model);
        AddAddedTokens(root, tokens);
        int count = tokens.Keys.LastOrDefault(-1) + 1;
        if (tokens.Count != count)
        {
            int hole = Enumerable.Range(0, count).First(id => !tokens.ContainsKey(id));
            throw new ModelFormatException($"tokenizer.json has {tokens.Count} tokens with ids up to {count - 1}; {hole} is no token.");
        }

        return new()
        {
            Model = "gpt2",
            Pre = pre ?? Split(root),
            Tokens = [.. tokens.Values.Select(token => token.Text)],
            TokenTypes = [.. tokens.Values.Select(token => (int)token.Kind)],
            Merges = Merges(model),
        };
    }

    private static SortedDictionary<int, (string Text, TokenKind Kind)> Vocabulary(JsonElement model)
    {
        SortedDictionary<int, (string, TokenKind)> tokens = [];
        JsonElement vocabulary = CheckpointJson.Find(model, "vocab") ?? throw new ModelFormatException("tokenizer.json has no vocabulary.");
        foreach (JsonProperty entry in vocabulary.EnumerateObject())
        {
            int id = entry.Value.TryGetInt32(out int number) && number is >= 0 and < MaxTokens
                ? number
                : throw new ModelFormatException($"tokenizer.json: the token '{entry.Name}' has no id below {MaxTokens}.");
            if (!tokens.TryAdd(id, (entry.Name, TokenKind.Normal)))
            {
                throw new ModelFormatException($"tokenizer.json: '{tokens[id].Item1}' and '{entry.Name}' both have the id {id}.");
            }
        }

        return tokens;
    }

    private static void AddAddedTokens(JsonElement root, SortedDictionary<int, (string Text, TokenKind Kind)> tokens)
    {
        if (CheckpointJson.Find(root, "added_tokens") is not { } added)
        {
            return;
        }

        foreach (JsonElement token in added.EnumerateArray())
        {
            int id = CheckpointJson.Whole(token, "id", 0, MaxTokens - 1);
            string text = CheckpointJson.Text(token, "content");
            if (tokens.TryGetValue(id, out (string Text, TokenKind) there) && there.Text != text)
            {
                throw new ModelFormatException($"tokenizer.json: '{there.Text}' and the added token '{text}' both have the id {id}.");
            }

            tokens[id] = (text, CheckpointJson.FlagOrNull(token, "special") == true ? TokenKind.Control : TokenKind.UserDefined);
        }
    }

    // Each "left right", or [left, right].
    private static string[] Merges(JsonElement model)
    {
        JsonElement merges = CheckpointJson.Find(model, "merges") ?? throw new ModelFormatException("tokenizer.json has no merges.");
        return merges.GetArrayLength() > MaxMerges
            ? throw new ModelFormatException($"tokenizer.json has {merges.GetArrayLength()} merges; {MaxMerges} are allowed.")
            : [.. merges.EnumerateArray().Select(merge => merge.ValueKind == JsonValueKind.Array ? string.Join(' ', merge.EnumerateArray().Select(part => part.GetString())) : merge.GetString() ?? "")];
    }

    private static string Split(JsonElement root)
    {
        JsonElement splitter = CheckpointJson.Find(root, "pre_tokenizer") ?? throw Unknown();
        JsonElement[] steps = CheckpointJson.Find(splitter, "pretokenizers") is { } list ? [.. list.EnumerateArray()] : [splitter];
        return steps switch
        {
            [var bytes] when IsByteLevel(bytes, splits: true) => "gpt-2",
            [var split, var bytes] when IsLlama3(split) && IsByteLevel(bytes, splits: false) => "llama-bpe",
            _ => throw Unknown(),
        };
    }

    private static bool IsByteLevel(JsonElement step, bool splits) =>
        CheckpointJson.TextOrNull(step, "type") == "ByteLevel" && CheckpointJson.FlagOrNull(step, "add_prefix_space") != true && (CheckpointJson.FlagOrNull(step, "use_regex") ?? true) == splits;

    private static bool IsLlama3(JsonElement step) =>
        CheckpointJson.TextOrNull(step, "type") == "Split" && CheckpointJson.TextOrNull(step, "behavior") == "Isolated" && CheckpointJson.FlagOrNull(step, "invert") != true
        && CheckpointJson.Find(step, "pattern") is { } pattern && CheckpointJson.TextOrNull(pattern, "Regex") == Llama3Split;

    private static ModelFormatException Unknown() =>
        new("tokenizer.json splits text in a way that is not recognised; if it is one of gpt-2, llama-bpe, falcon3, falcon and falcon_e, name it (--pre NAME).");
}

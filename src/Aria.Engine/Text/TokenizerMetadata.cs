namespace Aria.Engine.Text;

/// <summary>What a model file says about its tokenizer, key by key and unchecked (specs/tokenizer.md §1); <see cref="Tokenizer.Of"/> checks it.</summary>
public sealed record TokenizerMetadata
{
    /// <summary><c>tokenizer.ggml.model</c>: <c>gpt2</c> or <c>llama</c>.</summary>
    public required string Model { get; init; }

    /// <summary><c>tokenizer.ggml.pre</c>: how a <c>gpt2</c> tokenizer splits text; null where the file does not say.</summary>
    public string? Pre { get; init; }

    /// <summary><c>tokenizer.ggml.tokens</c>; a token's id is its index.</summary>
    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary><c>tokenizer.ggml.token_type</c>, one for each token; null: all are text.</summary>
    public IReadOnlyList<int>? TokenTypes { get; init; }

    /// <summary><c>tokenizer.ggml.scores</c>, one for each token; a <c>llama</c> tokenizer needs them.</summary>
    public IReadOnlyList<float>? Scores { get; init; }

    /// <summary><c>tokenizer.ggml.merges</c>, by rank; a <c>gpt2</c> tokenizer needs them.</summary>
    public IReadOnlyList<string>? Merges { get; init; }

    /// <summary><c>tokenizer.ggml.bos_token_id</c>.</summary>
    public uint? BeginOfSequence { get; init; }

    /// <summary><c>tokenizer.ggml.eos_token_id</c>.</summary>
    public uint? EndOfSequence { get; init; }

    /// <summary><c>tokenizer.ggml.eot_token_id</c>.</summary>
    public uint? EndOfTurn { get; init; }

    /// <summary><c>tokenizer.ggml.unknown_token_id</c>.</summary>
    public uint? Unknown { get; init; }

    /// <summary><c>tokenizer.ggml.add_space_prefix</c>; null: a <c>llama</c> tokenizer puts a space before every text.</summary>
    public bool? AddSpacePrefix { get; init; }

    /// <summary><c>tokenizer.ggml.remove_extra_whitespaces</c>; only false can be honoured.</summary>
    public bool? RemoveExtraWhitespaces { get; init; }
}

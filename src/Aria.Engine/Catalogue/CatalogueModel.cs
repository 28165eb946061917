using Aria.Engine.Models;

namespace Aria.Engine.Catalogue;

/// <summary>A published ternary model: its shape and what its tokenizer and conversations need (specs/catalogue.md §1).</summary>
public sealed record CatalogueModel
{
    /// <summary>As published, such as <c>BitNet-b1.58-2B-4T</c>.</summary>
    public required string Name { get; init; }

    /// <summary>GGUF architecture.</summary>
    public required string Architecture { get; init; }

    /// <summary>Hyperparameters.</summary>
    public required ModelShape Shape { get; init; }

    /// <summary>Tokens of the tokenizer; at most the shape's vocabulary, whose rows may be more.</summary>
    public required int Tokens { get; init; }

    /// <summary><c>tokenizer.ggml.model</c>: <c>gpt2</c> or <c>llama</c>.</summary>
    public required string TokenizerModel { get; init; }

    /// <summary><c>tokenizer.ggml.pre</c> of a <c>gpt2</c> tokenizer.</summary>
    public string? Pre { get; init; }

    /// <summary>The chat layout (specs/tokenizer.md §8); null for a base model.</summary>
    public string? ChatLayout { get; init; }

    /// <summary>Figures that no source at hand confirms; only synthetic files use them.</summary>
    public string? Unconfirmed { get; init; }
}

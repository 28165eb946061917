using Aria.Engine.Catalogue;
using Aria.Engine.Models;
using Aria.Engine.Models.Gguf;

namespace Aria.Engine.Synthesis;

/// <summary>Which random model to make.</summary>
/// <param name="Model">Its shape.</param>
public sealed record SynthesisOptions(CatalogueModel Model)
{
    /// <summary>Fewest tokens of a shrunken vocabulary.</summary>
    public const int MinTokens = 1024;

    /// <summary>Storage of the ternary tensors.</summary>
    public TernaryFormat Format { get; init; } = TernaryFormat.I2S;

    /// <summary>Equal seeds give equal files.</summary>
    public ulong Seed { get; init; }

    /// <summary>Fewer layers than the model has, for a smaller file.</summary>
    public int? Layers { get; init; }

    /// <summary>Fewer tokens than the model has, for a smaller file.</summary>
    public int? Tokens { get; init; }

    /// <summary>Why no file can be made so, or null.</summary>
    public string? Objection()
    {
        ModelShape shape = Model.Shape;
        int[] widths = [shape.Dim, shape.AttentionWidth, shape.FeedForward];
        return this switch
        {
            { Layers: { } layers } when layers < 1 || layers > shape.Layers => $"{Model.Name} has 1 to {shape.Layers} layers, not {layers}.",
            { Tokens: { } tokens } when tokens < MinTokens || tokens > Model.Tokens => $"{Model.Name} has {MinTokens} to {Model.Tokens} tokens, not {tokens}.",
            { Format: TernaryFormat.TQ2 } when widths.FirstOrDefault(width => width % TernaryPacking.Tq2Block != 0) is > 0 and var width =>
                $"TQ2_0 stores blocks of {TernaryPacking.Tq2Block} weights, and {Model.Name} has rows of {width}.",
            _ => null,
        };
    }

    /// <summary>The model as it will be.</summary>
    internal CatalogueModel Shrunk => Model with
    {
        Tokens = Tokens ?? Model.Tokens,
        Shape = Model.Shape with { Layers = Layers ?? Model.Shape.Layers, Vocabulary = Tokens ?? Model.Shape.Vocabulary },
    };
}

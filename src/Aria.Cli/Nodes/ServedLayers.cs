using Aria.Cli.Testnet;

namespace Aria.Cli.Nodes;

/// <summary>What <c>--layers</c> says: all, none, or a half-open range.</summary>
internal readonly record struct ServedLayers
{
    public const string AllWord = "all";
    public const string NoneWord = "none";

    private ServedLayers(bool all, LayerRange? range) => (IsAll, Range) = (all, range);

    public bool IsAll { get; }

    public LayerRange? Range { get; }

    public bool IsNone => !IsAll && Range is null;

    /// <exception cref="CommandFailedException">The text is none of the three.</exception>
    public static ServedLayers Parse(string text) =>
        text == AllWord ? new(true, null)
        : text == NoneWord ? new(false, null)
        : LayerRange.TryParse(text, out LayerRange range) ? new(false, range)
        : throw CommandFailedException.Usage($"--layers: \"{text}\" is neither \"{AllWord}\" nor \"{NoneWord}\" nor a-b (layers a to b - 1).");

    /// <summary>The span over a model of <paramref name="layers"/> layers; nothing for none.</summary>
    /// <exception cref="CommandFailedException">The range leaves the model, or holds nothing.</exception>
    public StageSpan? SpanOf(int layers, bool? embedding, bool? head)
    {
        if (IsNone)
        {
            return null;
        }

        LayerRange range = Range ?? LayerRange.Of(0, layers);
        if (range.End > layers)
        {
            throw CommandFailedException.Usage($"--layers: {range.Start}-{range.End} leaves the model, which has {layers} layers.");
        }

        StageSpan span = TestnetLayout.SpanOf(range, embedding, head, layers);
        return span.Layers.IsEmpty && !span.Embedding && !span.Head
            ? throw CommandFailedException.Usage($"--layers: {range.Start}-{range.End} holds nothing.", "add --head true, or name some layers")
            : span;
    }
}

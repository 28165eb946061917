using Aria.Engine.Models;

namespace Aria.Engine.Execution;

/// <summary>
/// The memory that a span takes, known before any of it is loaded. Embedding and exact head rows are not in it: they stay in the mapped file, whose pages the system takes back at will.
/// </summary>
/// <param name="WeightBytes">Packed matrices of the layers.</param>
/// <param name="HeadBytes">The eight-bit copy of the head; 0 without one.</param>
/// <param name="KvBytes">Keys and values of all positions that there shall be room for.</param>
public sealed record SpanFootprint(long WeightBytes, long HeadBytes, long KvBytes)
{
    /// <summary>All of it in bytes.</summary>
    public long TotalBytes => WeightBytes + HeadBytes + KvBytes;

    /// <summary>What <paramref name="span"/> of <paramref name="model"/> takes with room for <paramref name="positions"/> over all sequences.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The span passes the model's layers, or the positions are negative.</exception>
    public static SpanFootprint Of(ModelFile model, StageSpan span, int positions)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(span.Layers.End, model.Shape.Layers, nameof(span));
        ArgumentOutOfRangeException.ThrowIfNegative(positions);
        return new(
            model.Tensors.Layers.Skip(span.Layers.Start).Take(span.Layers.Count).Sum(LayerWeights.BytesFor),
            span.Head ? HeadScreen.BytesFor(model.Tensors.Head) : 0,
            KvCache.BytesFor(model.Shape, span.Layers, positions));
    }
}

namespace Aria.Engine.Execution;

/// <summary>A step gave NaN, an infinity, or a number too large for f16 (specs/numerics.md §1). The cache still stands where it stood before the call.</summary>
public sealed class NonFiniteException(int layer, int position)
    : Exception(position < 0 ? "The head gave a number that is not finite." : $"Layer {layer} gave a number that is not finite at position {position}.")
{
    /// <summary>The layer; the number of layers where it was the head.</summary>
    public int Layer { get; } = layer;

    /// <summary>The position; −1 where it was the head, which is not told.</summary>
    public int Position { get; } = position;
}

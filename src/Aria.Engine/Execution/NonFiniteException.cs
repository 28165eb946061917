namespace Aria.Engine.Execution;

/// <summary>A layer's output holds NaN or an infinity.</summary>
public sealed class NonFiniteException(int layer, int position) : Exception($"Layer {layer} gave NaN or an infinity at position {position}.")
{
    /// <summary>The layer.</summary>
    public int Layer { get; } = layer;

    /// <summary>The position.</summary>
    public int Position { get; } = position;
}

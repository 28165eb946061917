namespace Aria.Engine.Models;

/// <summary>What stands between the gate and the product with the up projection.</summary>
public enum GateActivation
{
    /// <summary>max(0, x)².</summary>
    ReluSquared = 0,

    /// <summary>x / (1 + e^−x).</summary>
    Silu = 1,
}

/// <summary>Which two elements of a head the rotary embedding turns together.</summary>
public enum RopePairing
{
    /// <summary>i and i + half of the head.</summary>
    Halves = 0,

    /// <summary>2i and 2i + 1.</summary>
    Neighbours = 1,
}

/// <summary>The hyperparameters of a decoder (specs/model.md §3).</summary>
/// <param name="Layers">Number of layers.</param>
/// <param name="Dim">Width of the residual.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KvHeads">Key and value heads; divides <paramref name="Heads"/>.</param>
/// <param name="HeadDim">Width of a head; even.</param>
/// <param name="FeedForward">Width of the gated feed-forward.</param>
/// <param name="Vocabulary">Rows of embedding and head; the tokenizer may have fewer tokens.</param>
/// <param name="Context">Most positions.</param>
/// <param name="RopeTheta">Base of the rotary frequencies.</param>
/// <param name="NormEpsilon">Added to the mean square in every norm.</param>
/// <param name="Activation">Of the gate.</param>
/// <param name="Pairing">Of the rotary embedding.</param>
/// <param name="SubNorms">Whether attention and feed-forward are normed before their output projections.</param>
/// <param name="TiedHead">Whether the head is the embedding.</param>
public sealed record ModelShape(
    int Layers,
    int Dim,
    int Heads,
    int KvHeads,
    int HeadDim,
    int FeedForward,
    int Vocabulary,
    int Context,
    float RopeTheta,
    float NormEpsilon,
    GateActivation Activation,
    RopePairing Pairing,
    bool SubNorms,
    bool TiedHead)
{
    /// <summary>Width of all query heads together.</summary>
    public int AttentionWidth => Heads * HeadDim;

    /// <summary>Width of all key heads together, and of all value heads.</summary>
    public int KvWidth => KvHeads * HeadDim;
}

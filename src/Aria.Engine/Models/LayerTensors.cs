namespace Aria.Engine.Models;

/// <summary>The tensors of one layer. Sub-norms are null where the architecture has none.</summary>
internal sealed record LayerTensors(
    FloatTensor AttentionNorm,
    TernaryTensor Query,
    TernaryTensor Key,
    TernaryTensor Value,
    FloatTensor? AttentionSubNorm,
    TernaryTensor AttentionOutput,
    FloatTensor FeedForwardNorm,
    TernaryTensor Gate,
    TernaryTensor Up,
    FloatTensor? FeedForwardSubNorm,
    TernaryTensor Down);

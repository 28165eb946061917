namespace Aria.Engine.Models;

/// <summary>The hyperparameters of a decoder.</summary>
public sealed record ModelShape(
    int Layers, int Dim, int Heads, int KvHeads, int HeadDim, int FeedForward, int Vocabulary, int Context, float RopeTheta, float NormEpsilon);

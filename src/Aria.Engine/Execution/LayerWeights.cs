using Aria.Engine.Kernels;
using Aria.Engine.Models;

namespace Aria.Engine.Execution;

/// <summary>One layer's weights, laid out for the kernels.</summary>
internal sealed class LayerWeights(LayerTensors tensors) : IDisposable
{
    public NativeArray<float> AttentionNorm { get; } = Norm(tensors.AttentionNorm);

    public PackedMatrix Query { get; } = new(tensors.Query);

    public PackedMatrix Key { get; } = new(tensors.Key);

    public PackedMatrix Value { get; } = new(tensors.Value);

    public NativeArray<float>? AttentionSubNorm { get; } = tensors.AttentionSubNorm is null ? null : Norm(tensors.AttentionSubNorm);

    public PackedMatrix AttentionOutput { get; } = new(tensors.AttentionOutput);

    public NativeArray<float> FeedForwardNorm { get; } = Norm(tensors.FeedForwardNorm);

    public PackedMatrix Gate { get; } = new(tensors.Gate);

    public PackedMatrix Up { get; } = new(tensors.Up);

    public NativeArray<float>? FeedForwardSubNorm { get; } = tensors.FeedForwardSubNorm is null ? null : Norm(tensors.FeedForwardSubNorm);

    public PackedMatrix Down { get; } = new(tensors.Down);

    public void Dispose()
    {
        IDisposable?[] all = [AttentionNorm, Query, Key, Value, AttentionSubNorm, AttentionOutput, FeedForwardNorm, Gate, Up, FeedForwardSubNorm, Down];
        Array.ForEach(all, part => part?.Dispose());
    }

    /// <summary>A norm's weights as f32.</summary>
    public static NativeArray<float> Norm(FloatTensor tensor)
    {
        float[] values = new float[tensor.Columns];
        tensor.Row(0, values);
        return new(values);
    }
}

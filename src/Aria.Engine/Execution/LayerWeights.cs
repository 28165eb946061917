using Aria.Engine.Kernels;
using Aria.Engine.Models;

namespace Aria.Engine.Execution;

/// <summary>One layer's weights, laid out for the kernels: the norms its own, the matrices in room that the span keeps.</summary>
internal sealed unsafe class LayerWeights : IDisposable
{
    /// <param name="tensors">The layer.</param>
    /// <param name="grouping">That of the kernels.</param>
    /// <param name="place">Room for <see cref="BytesFor"/>, kept by the caller.</param>
    public LayerWeights(LayerTensors tensors, RowGrouping grouping, byte* place)
    {
        MatrixBytes = BytesFor(tensors);
        AttentionNorm = Norm(tensors.AttentionNorm);
        AttentionSubNorm = tensors.AttentionSubNorm is null ? null : Norm(tensors.AttentionSubNorm);
        FeedForwardNorm = Norm(tensors.FeedForwardNorm);
        FeedForwardSubNorm = tensors.FeedForwardSubNorm is null ? null : Norm(tensors.FeedForwardSubNorm);
        PackedMatrix[] matrices =
        [
            .. Matrices(tensors).Select(tensor =>
            {
                PackedMatrix matrix = new(tensor, grouping, place);
                place += PackedMatrix.BytesFor(tensor);
                return matrix;
            }),
        ];
        (Query, Key, Value, AttentionOutput, Gate, Up, Down) = (matrices[0], matrices[1], matrices[2], matrices[3], matrices[4], matrices[5], matrices[6]);
    }

    /// <summary>Of all packed matrices.</summary>
    public long MatrixBytes { get; }

    public NativeArray<float> AttentionNorm { get; }

    public PackedMatrix Query { get; }

    public PackedMatrix Key { get; }

    public PackedMatrix Value { get; }

    public NativeArray<float>? AttentionSubNorm { get; }

    public PackedMatrix AttentionOutput { get; }

    public NativeArray<float> FeedForwardNorm { get; }

    public PackedMatrix Gate { get; }

    public PackedMatrix Up { get; }

    public NativeArray<float>? FeedForwardSubNorm { get; }

    public PackedMatrix Down { get; }

    public static long BytesFor(LayerTensors tensors) => Matrices(tensors).Sum(PackedMatrix.BytesFor);

    public void Dispose()
    {
        IDisposable?[] all = [AttentionNorm, AttentionSubNorm, FeedForwardNorm, FeedForwardSubNorm];
        Array.ForEach(all, part => part?.Dispose());
    }

    /// <summary>A norm's weights as f32.</summary>
    public static NativeArray<float> Norm(FloatTensor tensor)
    {
        float[] values = new float[tensor.Columns];
        tensor.Row(0, values);
        return new(values);
    }

    // In the order of their use.
    private static TernaryTensor[] Matrices(LayerTensors tensors) =>
        [tensors.Query, tensors.Key, tensors.Value, tensors.AttentionOutput, tensors.Gate, tensors.Up, tensors.Down];
}

using Aria.Engine.Kernels;
using Aria.Engine.Models;
using Aria.Engine.Numerics;

namespace Aria.Engine.Execution;

/// <summary>The weights of one span: its layers laid out for the kernels, embedding and head as the mapped file has them.</summary>
internal sealed class SpanWeights : IDisposable
{
    private readonly LayerWeights[] _layers;
    private readonly NativeArray<byte> _matrices;      // of all layers, one after the other
    private readonly ModelBytes _file;

    public SpanWeights(ModelFile model, StageSpan span, RowGrouping grouping)
    {
        _file = model.Hold();
        (Shape, Span, Rope) = (model.Shape, span, model.Rope);
        float root = MathF.Sqrt(Shape.HeadDim);
        AttentionScale = 1f / root;
        Embedding = model.Tensors.Embedding;
        Head = model.Tensors.Head;
        OutputNorm = LayerWeights.Norm(model.Tensors.OutputNorm);
        _layers = new LayerWeights[span.Layers.Count];
        LayerTensors[] tensors = [.. model.Tensors.Layers.Skip(span.Layers.Start).Take(span.Layers.Count)];
        long[] starts = new long[tensors.Length + 1];
        for (int i = 0; i < tensors.Length; i++)
        {
            starts[i + 1] = starts[i] + LayerWeights.BytesFor(tensors[i]);
        }

        _matrices = new(starts[^1]);
        Parallel.For(0, _layers.Length, i => _layers[i] = Prepare(tensors[i], grouping, starts[i]));
    }

    public ModelShape Shape { get; }

    public StageSpan Span { get; }

    public RopeTable Rope { get; }

    /// <summary>1 / √(head dim), each step rounded to f32.</summary>
    public float AttentionScale { get; }

    public FloatTensor Embedding { get; }

    public FloatTensor Head { get; }

    public NativeArray<float> OutputNorm { get; }

    /// <summary>Of the packed matrices of some layers.</summary>
    public long MatrixBytes(LayerRange layers)
    {
        long bytes = 0;
        for (int layer = layers.Start; layer < layers.End; layer++)
        {
            bytes += Layer(layer).MatrixBytes;
        }

        return bytes;
    }

    public LayerWeights Layer(int layer) => _layers[layer - Span.Layers.Start];

    public void Dispose()
    {
        Array.ForEach(_layers, layer => layer.Dispose());
        OutputNorm.Dispose();
        _matrices.Dispose();
        _file.Dispose();
    }

    private unsafe LayerWeights Prepare(LayerTensors tensors, RowGrouping grouping, long start) => new(tensors, grouping, _matrices.Pointer + start);
}

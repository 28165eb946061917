using Aria.Engine.Models;

namespace Aria.Engine.Execution;

/// <summary>Which kernels compute; all give the same bits.</summary>
public enum KernelPath
{
    /// <summary>The fastest there is.</summary>
    Auto = 0,

    /// <summary>The scalar reference.</summary>
    Scalar = 1,

    /// <summary>Managed SIMD.</summary>
    Simd = 2,

    /// <summary>The C++ library.</summary>
    Native = 3,
}

/// <summary>How an engine computes.</summary>
public sealed record EngineOptions
{
    /// <summary>Compute threads, at least one.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>The kernels.</summary>
    public KernelPath Kernels { get; init; } = KernelPath.Auto;
}

/// <summary>Sees a residual row (dim) at a boundary, before the call returns only.</summary>
public delegate void BoundaryObserver(int boundary, int position, ReadOnlySpan<float> row);

/// <summary>Weights of one span, prepared for the kernels. One call at a time.</summary>
public sealed class SpanEngine : IDisposable
{
    /// <summary>Prepares <paramref name="span"/> of <paramref name="model"/>.</summary>
    public SpanEngine(ModelFile model, StageSpan span, EngineOptions options) => throw new NotImplementedException();

    /// <summary>What it holds.</summary>
    public StageSpan Span => throw new NotImplementedException();

    /// <summary>The model's hyperparameters.</summary>
    public ModelShape Shape => throw new NotImplementedException();

    /// <summary>The model.</summary>
    public ModelId Model => throw new NotImplementedException();

    /// <summary>The kernels in use, such as <c>avx512</c>.</summary>
    public string Kernels => throw new NotImplementedException();

    /// <summary>An empty cache for layers inside the span.</summary>
    public KvCache CreateCache(LayerRange layers, int maxPositions) => throw new NotImplementedException();

    /// <summary>Embeds tokens into rows (tokens, dim).</summary>
    public void Embed(ReadOnlySpan<uint> tokens, Span<float> rows) => throw new NotImplementedException();

    /// <summary>Runs rows (count, dim) in place through the cache's layers; <paramref name="position"/> is the cache's count.</summary>
    /// <exception cref="NonFiniteException">A layer gave NaN or an infinity.</exception>
    public void Forward(KvCache cache, int position, Span<float> rows, BoundaryObserver? observer = null) => throw new NotImplementedException();

    /// <summary>Final norm and head of one row (dim): fills the best candidates in order and returns how many.</summary>
    public int Head(ReadOnlySpan<float> row, Span<Candidate> candidates) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}

using Aria.Engine.Kernels;
using Aria.Engine.Models;
using Aria.Engine.Sampling;

namespace Aria.Engine.Execution;

/// <summary>Sees a row (dim) of the residual at a boundary. The row is valid during the call only. At each position boundaries come in ascending order.</summary>
public delegate void BoundaryObserver(int boundary, int position, ReadOnlySpan<float> row);

/// <summary>
/// The weights of one <see cref="StageSpan"/>, prepared for the kernels. What it computes is fixed to the bit by specs/numerics.md and does not depend on kernels, threads
/// or how positions are grouped into calls. One call at a time: callers serialise.
/// </summary>
public sealed unsafe class SpanEngine : IDisposable
{
    private readonly SpanWeights _weights;
    private readonly Executor _executor;
    private readonly ComputeTeam _team;
    private bool _disposed;

    /// <summary>Prepares <paramref name="span"/> of <paramref name="model"/>; the model may be disposed afterwards.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The span passes the model's layers, or an option is out of its range.</exception>
    /// <exception cref="PlatformNotSupportedException">The chosen kernels cannot run here.</exception>
    public SpanEngine(ModelFile model, StageSpan span, EngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(span.Layers.End, model.Shape.Layers, nameof(span));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Threads, EngineOptions.MaxThreads, nameof(options));
        (Span, Shape, Model) = (span, model.Shape, model.Id);
        Func<SpanWeights, ComputeTeam, Executor> prepare = KernelChoice.Of(options.Kernels);
        _weights = new(model, span);
        _team = new(options.Threads);
        _executor = prepare(_weights, _team);
    }

    /// <summary>What it holds.</summary>
    public StageSpan Span { get; }

    /// <summary>The model's hyperparameters.</summary>
    public ModelShape Shape { get; }

    /// <summary>The model.</summary>
    public ModelId Model { get; }

    /// <summary>The kernels in use: <c>scalar</c>, <c>avx2</c>, <c>avx512</c>, <c>native-avx2</c> …</summary>
    public string Kernels => _executor.Kernels;

    /// <summary>An empty cache for layers inside the span; the caller disposes it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Layers outside the span, or positions not in 1 to the model's context.</exception>
    public KvCache CreateCache(LayerRange layers, int maxPositions)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!layers.IsEmpty && !Span.Layers.Contains(layers))
        {
            throw new ArgumentOutOfRangeException(nameof(layers), layers, $"The engine holds the layers {Span.Layers}.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(maxPositions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxPositions, Shape.Context);
        return new(Shape, layers, maxPositions);
    }

    /// <summary>Writes the embeddings of <paramref name="tokens"/> into <paramref name="rows"/> (tokens, dim): boundary 0.</summary>
    /// <exception cref="InvalidOperationException">The span has no embedding.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A token is not in the vocabulary.</exception>
    /// <exception cref="ArgumentException">The rows are of another size.</exception>
    public void Embed(ReadOnlySpan<uint> tokens, Span<float> rows)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!Span.Embedding)
        {
            throw new InvalidOperationException($"The span {Span} has no embedding.");
        }

        if (rows.Length != (long)tokens.Length * Shape.Dim)
        {
            throw new ArgumentException($"{tokens.Length} tokens need {(long)tokens.Length * Shape.Dim} numbers, not {rows.Length}.", nameof(rows));
        }

        foreach (uint token in tokens)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, (uint)Shape.Vocabulary, nameof(tokens));
        }

        for (int i = 0; i < tokens.Length; i++)
        {
            _weights.Embedding.Row((int)tokens[i], rows.Slice(i * Shape.Dim, Shape.Dim));
        }

        GC.KeepAlive(this);     // and with it the mapping that the last row was read from
    }

    /// <summary>
    /// Runs <paramref name="rows"/> (count, dim), the residual at the boundary before the cache's first layer, in place through its layers; keys and values go into the cache.
    /// </summary>
    /// <param name="cache">Made by this engine; <paramref name="position"/> is its count, which grows by the number of rows.</param>
    /// <param name="position">The first row's position.</param>
    /// <param name="rows">Any number of positions that the cache has room for.</param>
    /// <param name="observer">Told the residual after each layer of each position. What it throws comes out of this call.</param>
    /// <exception cref="NonFiniteException">A layer gave a number that is not finite. The cache's count is as before; the rows are not.</exception>
    /// <exception cref="ArgumentException">Rows of another size, another position than the cache's count, or no room.</exception>
    public void Forward(KvCache cache, int position, Span<float> rows, BoundaryObserver? observer = null)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(cache);
        ObjectDisposedException.ThrowIf(cache.IsDisposed, cache);
        int count = rows.Length / Shape.Dim;
        if (count * Shape.Dim != rows.Length || position != cache.Count || count > cache.MaxPositions - position
            || !(cache.Layers.IsEmpty || Span.Layers.Contains(cache.Layers)))
        {
            throw new ArgumentException(
                $"{rows.Length} numbers at position {position} for the layers {cache.Layers}: rows have {Shape.Dim}, the cache holds {cache.Count} of {cache.MaxPositions} positions, the engine {Span.Layers}.");
        }

        fixed (float* all = rows)
        {
            for (int done = 0; done < count; done += Scratch.MaxRows)
            {
                _executor.Layers(cache, position + done, all + ((long)done * Shape.Dim), Math.Min(Scratch.MaxRows, count - done), observer);
            }
        }

        cache.Count = position + count;
    }

    /// <summary>
    /// Final norm and head of one row (dim), the residual after the last layer: fills the best candidates, by logit descending and then by token ascending, and returns how
    /// many: as many as there is room for or tokens.
    /// </summary>
    /// <exception cref="InvalidOperationException">The span has no head.</exception>
    /// <exception cref="NonFiniteException">A number is not finite.</exception>
    public int Head(ReadOnlySpan<float> row, Span<Candidate> candidates) => Head(row, candidates, LogitAdjustment.None);

    /// <summary>Like <see cref="Head(ReadOnlySpan{float}, Span{Candidate})"/>, with the logits adjusted before they are ranked (specs/sampling.md §5).</summary>
    /// <exception cref="InvalidOperationException">The span has no head.</exception>
    /// <exception cref="NonFiniteException">A number is not finite.</exception>
    public int Head(ReadOnlySpan<float> row, Span<Candidate> candidates, LogitAdjustment adjustment) => Head(row, candidates, adjustment, false, out _);

    /// <summary>And with the log-sum of all adjusted logits, for which the whole head is computed (specs/sampling.md §6).</summary>
    /// <exception cref="InvalidOperationException">The span has no head.</exception>
    /// <exception cref="NonFiniteException">A number is not finite.</exception>
    public int Head(ReadOnlySpan<float> row, Span<Candidate> candidates, LogitAdjustment adjustment, out float logSum) => Head(row, candidates, adjustment, true, out logSum);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _executor.Dispose();
            _team.Dispose();
            _weights.Dispose();
        }
    }

    private int Head(ReadOnlySpan<float> row, Span<Candidate> candidates, LogitAdjustment adjustment, bool wantsLogSum, out float logSum)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(adjustment);
        if (!Span.Head)
        {
            throw new InvalidOperationException($"The span {Span} has no head.");
        }

        ArgumentOutOfRangeException.ThrowIfNotEqual(row.Length, Shape.Dim, nameof(row));
        candidates = candidates[..Math.Min(candidates.Length, Shape.Vocabulary)];
        fixed (float* values = row)
        {
            return _executor.Head(values, candidates, adjustment, wantsLogSum, out logSum) ? candidates.Length : throw new NonFiniteException(Shape.Layers, -1);
        }
    }
}

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
    private readonly RowBatch _batch = new();
    private long _ternaryBytes;
    private long _kvBytes;
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
        (Span, Shape) = (span, model.Shape);
        KernelChoice kernels = KernelChoice.Of(options.Kernels);
        Task<ModelId> id = Task.Run(() => model.Id);        // reads all weights, as does what follows
        _team = new(options.Threads);
        _team.CheckCaller();
        _weights = new(model, span, kernels.Grouping);
        _executor = kernels.Prepare(_weights, _team);
        Model = id.GetAwaiter().GetResult();
    }

    /// <summary>What it holds.</summary>
    public StageSpan Span { get; }

    /// <summary>The model's hyperparameters.</summary>
    public ModelShape Shape { get; }

    /// <summary>The model.</summary>
    public ModelId Model { get; }

    /// <summary>The kernels in use: <c>scalar</c>, <c>avx2</c>, <c>avx512</c>, <c>native-avx2</c> …</summary>
    public string Kernels => _executor.Kernels;

    /// <summary>The threads that compute, for tests that look at them.</summary>
    internal ComputeTeam Team => _team;

    /// <summary>What has been read so far, by everything that this engine did.</summary>
    public EngineReads Reads => _executor.HeadReads with { TernaryBytes = _ternaryBytes, KvBytes = _kvBytes };

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

        _team.CheckCaller();
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
        BatchPart part = new(cache, position, rows.Length / Shape.Dim, observer);
        NonFiniteException? failure = null;
        Forward(new ReadOnlySpan<BatchPart>(in part), rows, new Span<NonFiniteException?>(ref failure));
        if (failure is not null)
        {
            throw failure;
        }
    }

    /// <summary>
    /// Runs rows of several sequences together, so that weights are read once for all of them. Each part gives the bits that it gives alone, and what is not finite in one does not
    /// touch the others.
    /// </summary>
    /// <param name="parts">Sequences with caches for the same layers, in the order of their rows.</param>
    /// <param name="rows">(rows of all parts, dim), in place.</param>
    /// <param name="failures">Set to what <see cref="Forward(KvCache, int, Span{float}, BoundaryObserver?)"/> would throw for each part, or null. A failed part's cache keeps its count; its rows are spoilt.</param>
    /// <exception cref="ArgumentException">A size, a position or a cache that does not fit, or a cache that stands twice.</exception>
    public void Forward(ReadOnlySpan<BatchPart> parts, Span<float> rows, Span<NonFiniteException?> failures)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Check(parts, rows.Length, failures.Length);
        failures.Clear();
        try
        {
            fixed (float* all = rows)
            {
                Run(parts, all, failures);
            }
        }
        finally
        {
            _batch.Clear();
        }

        for (int i = 0; i < parts.Length; i++)
        {
            parts[i].Cache.Count += failures[i] is null ? parts[i].Rows : 0;
        }
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

    /// <summary>
    /// Final norm and head of a row for each query, so that the head is read once for all of them. Each answer is the one that the row has alone, and what is not finite in one
    /// does not touch the others.
    /// </summary>
    /// <param name="rows">(queries, dim): residuals after the last layer.</param>
    /// <param name="queries">What is asked of each row.</param>
    /// <param name="candidates">Filled with as many as the first query asks for, then as many as the second does, and so on.</param>
    /// <param name="outcomes">Set to what else each row gave.</param>
    /// <exception cref="InvalidOperationException">The span has no head.</exception>
    /// <exception cref="ArgumentException">A size that does not fit, or more candidates than there are tokens.</exception>
    public void Head(ReadOnlySpan<float> rows, ReadOnlySpan<HeadQuery> queries, Span<Candidate> candidates, Span<HeadOutcome> outcomes)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!Span.Head)
        {
            throw new InvalidOperationException($"The span {Span} has no head.");
        }

        long wanted = 0;
        foreach (HeadQuery query in queries)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)query.Candidates, (uint)Shape.Vocabulary, nameof(queries));
            wanted += query.Candidates;
        }

        if (rows.Length != (long)queries.Length * Shape.Dim || candidates.Length != wanted || outcomes.Length != queries.Length)
        {
            throw new ArgumentException(
                $"{queries.Length} queries for {wanted} candidates need as many rows of {Shape.Dim}, places and outcomes, not {rows.Length} numbers, {candidates.Length} places and {outcomes.Length} outcomes.");
        }

        _team.CheckCaller();
        fixed (float* all = rows)
        {
            for (int done = 0; done < queries.Length; done += HeadRow.MaxTogether)
            {
                int count = Math.Min(HeadRow.MaxTogether, queries.Length - done);
                int filled = _executor.Head(all + ((long)done * Shape.Dim), queries.Slice(done, count), candidates, outcomes.Slice(done, count));
                candidates = candidates[filled..];
            }
        }
    }

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
        ArgumentOutOfRangeException.ThrowIfNotEqual(row.Length, Shape.Dim, nameof(row));
        ArgumentNullException.ThrowIfNull(adjustment);
        HeadQuery query = new(Math.Min(candidates.Length, Shape.Vocabulary), adjustment, wantsLogSum);
        HeadOutcome outcome = default;
        Head(row, new ReadOnlySpan<HeadQuery>(in query), candidates[..query.Candidates], new Span<HeadOutcome>(ref outcome));
        logSum = outcome.LogSum;
        return outcome.Failure is null ? query.Candidates : throw outcome.Failure;
    }

    private void Check(ReadOnlySpan<BatchPart> parts, int numbers, int failures)
    {
        long rows = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            (KvCache cache, int position, int count, _) = parts[i];
            ArgumentNullException.ThrowIfNull(cache, nameof(parts));
            ObjectDisposedException.ThrowIf(cache.IsDisposed, cache);
            rows += count;
            if (position != cache.Count || count < 0 || count > cache.MaxPositions - position || !(cache.Layers.IsEmpty || Span.Layers.Contains(cache.Layers)))
            {
                throw new ArgumentException(
                    $"{count} rows at position {position} for the layers {cache.Layers}: the cache holds {cache.Count} of {cache.MaxPositions} positions, the engine {Span.Layers}.", nameof(parts));
            }

            for (int other = 0; other < i; other++)
            {
                if (parts[other].Cache == cache || parts[other].Cache.Layers != cache.Layers)
                {
                    throw new ArgumentException($"The parts {other} and {i} have the same cache, or caches of different layers.", nameof(parts));
                }
            }
        }

        if (numbers != rows * Shape.Dim || failures != parts.Length)
        {
            throw new ArgumentException($"{parts.Length} parts of {rows} rows need {rows * Shape.Dim} numbers and a place for each failure, not {numbers} and {failures}.");
        }
    }

    // As many rows as fit go through the layers together, parts cut where need be.
    private void Run(ReadOnlySpan<BatchPart> parts, float* rows, Span<NonFiniteException?> failures)
    {
        int next = 0;
        int done = 0;       // rows of the next part
        while (next < parts.Length)
        {
            int first = next;
            _batch.Clear();
            while (next < parts.Length && _batch.Count < Scratch.MaxRows && _batch.Sequences < Scratch.MaxRows)
            {
                int take = Math.Min(Scratch.MaxRows - _batch.Count, parts[next].Rows - done);
                _batch.Add(parts[next], parts[next].Position + done, take);
                done += take;
                if (done == parts[next].Rows)
                {
                    (next, done) = (next + 1, 0);
                }
            }

            if (_batch.Count > 0)
            {
                _executor.Layers(_batch, rows);
                _ternaryBytes += _weights.MatrixBytes(_batch.Layers);
                _kvBytes += _batch.KvBytes;
            }

            rows += (long)_batch.Count * Shape.Dim;
            for (int sequence = 0; sequence < _batch.Sequences; sequence++)
            {
                failures[first + sequence] = _batch.Failure(sequence);
            }

            if (done > 0 && failures[next] is not null)
            {
                rows += (long)(parts[next].Rows - done) * Shape.Dim;
                (next, done) = (next + 1, 0);
            }
        }
    }
}

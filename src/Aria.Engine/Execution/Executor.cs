using Aria.Engine.Kernels;

namespace Aria.Engine.Execution;

/// <summary>A span on one kind of kernels.</summary>
internal abstract unsafe class Executor : IDisposable
{
    public abstract string Kernels { get; }

    /// <summary>Runs the batch's rows (count, dim) in place; the batch knows what failed.</summary>
    public abstract void Layers(RowBatch batch, float* rows);

    /// <summary>Answers at most <see cref="HeadRow.MaxTogether"/> queries, one to a row, and returns how many candidates it filled.</summary>
    /// <param name="rows">(queries, dim)</param>
    /// <param name="queries">Wanting no more candidates than there are tokens.</param>
    /// <param name="candidates">Those of the first query, then of the second …</param>
    /// <param name="outcomes">One for each query.</param>
    public abstract int Head(float* rows, ReadOnlySpan<HeadQuery> queries, Span<Candidate> candidates, Span<HeadOutcome> outcomes);

    /// <summary>What the head has read so far; nothing without a head.</summary>
    public abstract EngineReads HeadReads { get; }

    public abstract void Dispose();
}

/// <inheritdoc/>
internal sealed unsafe class Executor<TKernels> : Executor
    where TKernels : IKernels
{
    // Below this the whole head stays in the processor's cache.
    private const long SmallestScreenedHead = 1 << 23;

    private readonly Scratch _scratch;
    private readonly LayerExecutor<TKernels> _layers;
    private readonly HeadExecutor<TKernels>? _head;

    public Executor(SpanWeights weights, ComputeTeam team)
    {
        long elements = (long)weights.Head.Rows * weights.Head.Columns;
        _scratch = new(weights.Shape, team.Count);
        _layers = new(weights, _scratch, team);
        _head = weights.Span.Head ? new(weights, team, TKernels.ScreensHead && elements >= SmallestScreenedHead ? new(weights.Head) : null) : null;
    }

    public override string Kernels => TKernels.Name;

    public override void Layers(RowBatch batch, float* rows) => _layers.Run(batch, rows);

    public override int Head(float* rows, ReadOnlySpan<HeadQuery> queries, Span<Candidate> candidates, Span<HeadOutcome> outcomes) =>
        _head!.Run(rows, queries, candidates, outcomes);

    public override EngineReads HeadReads => _head?.Reads ?? default;

    public override void Dispose()
    {
        _head?.Dispose();
        _scratch.Dispose();
    }
}

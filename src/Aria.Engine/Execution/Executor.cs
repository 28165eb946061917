using Aria.Engine.Kernels;
using Aria.Engine.Sampling;

namespace Aria.Engine.Execution;

/// <summary>A span on one kind of kernels.</summary>
internal abstract unsafe class Executor : IDisposable
{
    public abstract string Kernels { get; }

    public abstract void Layers(KvCache cache, int position, float* rows, int count, BoundaryObserver? observer);

    /// <summary>False where a number is not finite. A log-sum that is not wanted is 0.</summary>
    public abstract bool Head(float* row, Span<Candidate> candidates, LogitAdjustment adjustment, bool wantsLogSum, out float logSum);

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

    public override void Layers(KvCache cache, int position, float* rows, int count, BoundaryObserver? observer) =>
        _layers.Run(cache, position, rows, count, observer);

    public override bool Head(float* row, Span<Candidate> candidates, LogitAdjustment adjustment, bool wantsLogSum, out float logSum) =>
        _head!.Run(row, candidates, adjustment, wantsLogSum, out logSum);

    public override void Dispose()
    {
        _head?.Dispose();
        _scratch.Dispose();
    }
}

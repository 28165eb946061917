using System.Collections.Immutable;
using Aria.Provenance.Plans;
using Aria.Provenance.Signatures;

namespace Aria.Pipeline;

/// <summary>
/// One attempt at a job, seen from its gateway: tokens go in, candidates come back, receipts at the end. <see cref="SendAsync"/> by one caller at a
/// time, <see cref="ReceiveAsync"/> by one other.
/// </summary>
public sealed class PipelineSession : IAsyncDisposable
{
    internal PipelineSession(Signed<JobPlan> plan) => Plan = plan;

    /// <summary>What was agreed.</summary>
    public Signed<JobPlan> Plan { get; }

    /// <summary>Each stage's signature under the plan, verified.</summary>
    public ImmutableArray<byte[]?> Acceptances => throw new NotImplementedException();

    /// <summary>Positions sent in so far: the next token's position.</summary>
    public int PositionsSent => throw new NotImplementedException();

    /// <summary>
    /// Sends the tokens of the next positions, in frames; returns when the last frame is out. Waits while too many frames are unanswered, so for a long prefill
    /// answers are taken in meanwhile.
    /// </summary>
    /// <exception cref="PipelineFaultException">A stage is lost.</exception>
    public Task SendAsync(ReadOnlyMemory<uint> tokens, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>The candidates at the next position from the plan's head_from on, in their order.</summary>
    /// <exception cref="PipelineFaultException">A stage is lost.</exception>
    public ValueTask<ReadOnlyMemory<Candidate>> ReceiveAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>
    /// Nothing more will be sent: each stage's signed receipt; null for one that did not give a receipt of its own in time. What is not computed yet is awaited.
    /// </summary>
    public Task<ImmutableArray<byte[]?>> FinishAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Stops the stages at once, after a fault or for a reason of the caller's: the receipts that could be had for what was computed.</summary>
    public Task<ImmutableArray<byte[]?>> AbortAsync(string reason, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Gives the signed record to every stage that gave a receipt: how many have it in their logs.</summary>
    public Task<int> RecordAsync(ReadOnlyMemory<byte> signedRecord, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Ends every stream; stages that have no record yet log their own receipts.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

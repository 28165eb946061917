using System.Collections.Immutable;
using System.Security.Cryptography;
using Aria.Engine;
using Aria.Node.Ledgers;
using Aria.Pipeline;
using Aria.Provenance;
using Aria.Provenance.Activations;
using Aria.Provenance.Plans;
using Aria.Provenance.Receipts;
using Aria.Provenance.Records;
using Aria.Provenance.Signatures;
using Aria.Scheduling;

namespace Aria.Node.Generation;

/// <summary>One job's secrets, the plans made for it and what came of them: all that its record and its opening say.</summary>
internal sealed class JobAttempts(GenerationParts parts, GenerationRequest request)
{
    private readonly Digest _key = JobKey.New();
    private readonly Digest _promptSalt = new(RandomNumberGenerator.GetBytes(Digest.Size));
    private readonly Digest _outputSalt = new(RandomNumberGenerator.GetBytes(Digest.Size));
    private readonly List<Task<RecordAttempt>> _attempts = [];

    public JobId Job { get; } = JobId.FromBytes(RandomNumberGenerator.GetBytes(JobId.Size));

    public Digest Key => _key;

    public int Count => _attempts.Count;

    /// <summary>The sum of all receipts' claims; once <see cref="SettleAsync"/> is done.</summary>
    public EnergyClaim Energy => EnergyClaim.Total(
        Settled.SelectMany(attempt => attempt.Receipts).OfType<byte[]>()
            .Select(receipt => Signed.TryOpen(receipt, out Signed<StageReceipt>? signed) == OpenStatus.Done ? signed!.Value.Energy : EnergyClaim.None));

    /// <summary>Signs the plan of the next attempt, in which the candidates behind all <paramref name="known"/> tokens are wanted.</summary>
    public Signed<JobPlan> Plan(PipelinePlan plan, int known, DateTimeOffset now, TimeSpan duration) => Signed.Seal(
        new JobPlan(
            parts.Network, Job, _attempts.Count, parts.Self, request.Model.Id, NumericSpec.Id, [.. plan.Stages.Select(stage => new PlanStage(stage.Node, stage.Span))],
            request.Sampling, known - 1, request.Positions, TokenCommitment.Of(_promptSalt, request.Prompt.AsSpan()), JobKey.Commitment(_key),
            now.ToUnixTimeMilliseconds(), (now + duration).ToUnixTimeMilliseconds())
        {
            AnswerFrom = request.Sampling.CountsTokens || request.Sampling.WantsLogSum ? request.Prompt.Length : 0,
        },
        parts.Key);

    /// <summary>An attempt that no session came of.</summary>
    public void AddUnopened(Signed<JobPlan> plan, string fault)
    {
        ImmutableArray<byte[]?> none = [.. plan.Value.Stages.Select(_ => (byte[]?)null)];
        _attempts.Add(Task.FromResult(new RecordAttempt(plan.Value.Epoch, plan.Bytes.ToArray(), none, 0, 0, none, CutFault(fault))));
    }

    /// <summary>An attempt that came to the job's end, or to a fault; its receipts may still be on their way.</summary>
    public void Add(PipelineSession session, Task<ImmutableArray<byte[]?>> receipts, string? fault)
    {
        int positions = session.PositionsSent;
        _attempts.Add(AwaitAsync());

        async Task<RecordAttempt> AwaitAsync() => new(
            session.Plan.Value.Epoch, session.Plan.Bytes.ToArray(), session.Acceptances, 0, positions, await receipts, fault is null ? null : CutFault(fault));
    }

    /// <summary>Waits until all receipts that come are there.</summary>
    public Task SettleAsync() => Task.WhenAll(_attempts);

    /// <summary>Signs the record of everything; once <see cref="SettleAsync"/> is done.</summary>
    /// <exception cref="ArgumentException">It is longer than a record may be.</exception>
    public Signed<InferenceRecord> Record(ReadOnlySpan<uint> output, FinishReason finish, TimeSpan toFirst, TimeSpan total, DateTimeOffset now) => Signed.Seal(
        new InferenceRecord(
            parts.Network, NumericSpec.Id, request.Model.Id, Job, parts.Self, [.. Settled], TokenCommitment.Of(_promptSalt, request.Prompt.AsSpan()),
            TokenCommitment.Of(_outputSalt, output), request.Prompt.Length, output.Length, finish, Microseconds(toFirst), Microseconds(total), Energy, now.ToUnixTimeMilliseconds()),
        parts.Key);

    public Opening Opening(ReadOnlySpan<uint> output) => new(Job, _promptSalt, request.Prompt, _outputSalt, [.. output], _key);

    private IEnumerable<RecordAttempt> Settled => _attempts.Select(attempt => attempt.Result);

    private static long Microseconds(TimeSpan time) => (long)time.TotalMicroseconds;

    private static string CutFault(string fault) => LedgerCodec.Cut(fault, Limits.FaultBytes);
}

using System.Collections.Immutable;
using Aria.Provenance.Plans;
using Aria.Provenance.Receipts;
using Aria.Provenance.Records;
using Aria.Provenance.Signatures;

namespace Aria.Provenance.Checks;

/// <summary>The part of <see cref="RecordCheck"/> that looks at one attempt.</summary>
internal sealed class AttemptCheck(InferenceRecord record, int index, CheckedAttempt? previous, int? layers, List<RecordFinding> findings)
{
    private readonly RecordAttempt _attempt = record.Attempts[index];

    // Only what the answer rests on leaves a gap when it is missing.
    private readonly bool _gaveTheAnswer = index == record.Attempts.Length - 1 && record.Attempts[index].Fault is null;

    public int SignatureCount { get; private set; }

    public CheckedAttempt Run()
    {
        if (previous is not null && _attempt.Epoch <= previous.Attempt.Epoch)
        {
            Violation(RecordFindingKind.EpochOrder, $"epoch {_attempt.Epoch} follows epoch {previous.Attempt.Epoch}");
        }

        if (_attempt.Fault is { } fault)
        {
            Add(RecordFindingKind.AttemptFailed, FindingWeight.Fact, null, null, $"epoch {_attempt.Epoch} ended early: {fault}");
        }

        Signed<JobPlan>? plan = OpenPlan();
        if (plan is null)
        {
            return new(_attempt, null, []);
        }

        ImmutableArray<PlanStage> stages = plan.Value.Stages;
        if (_attempt.Acceptances.Length != stages.Length || _attempt.Receipts.Length != stages.Length)
        {
            Violation(
                RecordFindingKind.StageCount,
                $"{stages.Length} stages, {_attempt.Acceptances.Length} places for acceptances, {_attempt.Receipts.Length} for receipts");
            return new(_attempt, plan, []);
        }

        Signed<StageReceipt>?[] receipts = new Signed<StageReceipt>?[stages.Length];
        for (int stage = 0; stage < stages.Length; stage++)
        {
            CheckAcceptance(plan, stage);
            receipts[stage] = OpenReceipt(plan, stage);
        }

        CheckLinks(stages, receipts);
        return new(_attempt, plan, [.. receipts]);
    }

    private Signed<JobPlan>? OpenPlan()
    {
        OpenStatus status = Signed.TryOpen(_attempt.Plan, out Signed<JobPlan>? signed);
        if (status != OpenStatus.Done)
        {
            bool signature = status == OpenStatus.WrongSignature;
            Violation(
                signature ? RecordFindingKind.PlanSignature : RecordFindingKind.PlanUnreadable,
                signature ? "the plan's signature is not its gateway's" : $"the plan cannot be read: {status}");
            return null;
        }

        SignatureCount++;
        JobPlan plan = signed!.Value;
        JobPlan? before = previous?.Plan?.Value;
        string? other =
            plan.Job != record.Job ? "job"
            : plan.Gateway != record.Gateway ? "gateway"
            : plan.Epoch != _attempt.Epoch ? "epoch"
            : plan.Network != record.Network ? "network"
            : plan.Model != record.Model ? "model"
            : plan.NumericSpec != record.NumericSpec ? "numeric spec"
            : plan.PromptCommitment != record.PromptCommitment ? "prompt"
            : plan.AnswerFrom != 0 && plan.AnswerFrom != record.PromptTokens ? "prompt's length"
            : before is not null && before.Sampling != plan.Sampling ? "sampling"
            : before is not null && before.KeyCommitment != plan.KeyCommitment ? "key"
            : null;
        if (other is not null)
        {
            Violation(RecordFindingKind.PlanMismatch, $"the plan of epoch {_attempt.Epoch} has another {other}");
        }

        if (PlanCover.Problem(plan.Stages, layers) is { } problem)
        {
            Violation(RecordFindingKind.Cover, $"the plan of epoch {_attempt.Epoch} does not cover the model: {problem}");
        }

        if ((long)_attempt.FirstPosition + _attempt.PositionCount > plan.MaxPositions)
        {
            Violation(RecordFindingKind.Positions, $"the plan of epoch {_attempt.Epoch} has room for {plan.MaxPositions} positions alone");
        }

        return signed;
    }

    private void CheckAcceptance(Signed<JobPlan> plan, int stage)
    {
        NodeId node = plan.Value.Stages[stage].Node;
        if (_attempt.Acceptances[stage] is not { } signature)
        {
            bool receipt = _attempt.Receipts[stage] is not null;
            Add(
                RecordFindingKind.AcceptanceMissing, _gaveTheAnswer && !receipt ? FindingWeight.Gap : FindingWeight.Fact, stage, node,
                $"stage {stage} of epoch {_attempt.Epoch} accepted nothing in writing");
        }
        else if (!PlanAcceptance.Verify(node, plan.PayloadDigest, stage, signature))
        {
            Violation(RecordFindingKind.AcceptanceSignature, $"the acceptance of stage {stage} is not its node's", stage, node);
        }
        else
        {
            SignatureCount++;
        }
    }

    private Signed<StageReceipt>? OpenReceipt(Signed<JobPlan> plan, int stage)
    {
        PlanStage planned = plan.Value.Stages[stage];
        if (_attempt.Receipts[stage] is not { } bytes)
        {
            Add(
                RecordFindingKind.ReceiptMissing, _gaveTheAnswer ? FindingWeight.Gap : FindingWeight.Fact, stage, planned.Node,
                $"stage {stage} of epoch {_attempt.Epoch} left no receipt");
            return null;
        }

        OpenStatus status = Signed.TryOpen(bytes, out Signed<StageReceipt>? signed);
        if (status != OpenStatus.Done)
        {
            bool signature = status == OpenStatus.WrongSignature;
            Violation(
                signature ? RecordFindingKind.ReceiptSignature : RecordFindingKind.ReceiptUnreadable,
                signature ? $"the receipt of stage {stage} has a wrong signature" : $"the receipt of stage {stage} cannot be read: {status}",
                stage, planned.Node);
            return null;
        }

        SignatureCount++;
        StageReceipt receipt = signed!.Value;
        string? other =
            receipt.Node != planned.Node ? "node"
            : receipt.Job != record.Job ? "job"
            : receipt.Epoch != _attempt.Epoch ? "epoch"
            : receipt.Plan != plan.PayloadDigest ? "plan"
            : receipt.Stage != stage ? "stage"
            : null;
        if (other is not null)
        {
            Violation(RecordFindingKind.ReceiptMismatch, $"the receipt of stage {stage} is for another {other}", stage, planned.Node);
            return null;
        }

        CheckPositions(plan.Value, planned, receipt);
        if (receipt.StartedUnixMs > receipt.FinishedUnixMs)
        {
            Violation(RecordFindingKind.Timing, $"stage {stage} finished before it started", stage, planned.Node);
        }

        return signed;
    }

    private void CheckPositions(JobPlan plan, PlanStage planned, StageReceipt receipt)
    {
        bool all = receipt.PositionCount == _attempt.PositionCount;
        if (receipt.FirstPosition != _attempt.FirstPosition || receipt.PositionCount > _attempt.PositionCount || (_gaveTheAnswer && !all))
        {
            Violation(
                RecordFindingKind.Positions,
                $"stage {receipt.Stage} signed {receipt.PositionCount} positions from {receipt.FirstPosition}, "
                + $"the attempt has {_attempt.PositionCount} from {_attempt.FirstPosition}",
                receipt.Stage, planned.Node);
        }

        int headFirst = Math.Max(receipt.FirstPosition, plan.HeadFrom);
        int headCount = planned.Span.Head ? Math.Max(0, receipt.FirstPosition + receipt.PositionCount - headFirst) : 0;
        (int First, int Count) due = headCount == 0 ? (0, 0) : (headFirst, headCount);
        (int First, int Count) signed = receipt.Head is { } head ? (head.FirstPosition, head.Count) : (0, 0);
        if (due != signed)
        {
            Violation(
                RecordFindingKind.HeadPositions,
                $"stage {receipt.Stage} signed candidates of {signed.Count} positions from {signed.First}, due were {due.Count} from {due.First}",
                receipt.Stage, planned.Node);
        }
    }

    private void CheckLinks(ImmutableArray<PlanStage> stages, Signed<StageReceipt>?[] receipts)
    {
        for (int stage = 0; stage < receipts.Length; stage++)
        {
            if (receipts[stage]?.Value is not { } receipt)
            {
                continue;
            }

            if (stages[stage].Span.Layers.IsEmpty && receipt.InRoot != receipt.OutRoot)
            {
                Violation(RecordFindingKind.Link, $"stage {stage} runs no layer and yet signed another output than input", stage, stages[stage].Node);
            }

            if (stage + 1 == receipts.Length || receipts[stage + 1]?.Value is not { } next)
            {
                continue;
            }

            if ((receipt.FirstPosition, receipt.PositionCount) != (next.FirstPosition, next.PositionCount))
            {
                Add(
                    RecordFindingKind.LinkOpen, FindingWeight.Fact, stage + 1, stages[stage + 1].Node,
                    $"stages {stage} and {stage + 1} of epoch {_attempt.Epoch} signed different numbers of positions");
            }
            else if (receipt.OutRoot != next.InRoot)
            {
                NodeId one = stages[stage].Node, other = stages[stage + 1].Node;
                findings.Add(new(
                    RecordFindingKind.Link, FindingWeight.Violation, _attempt.Epoch, stage + 1, other,
                    $"what stage {stage} signed as output is not what stage {stage + 1} signed as input: one of nodes {one} and {other} lies")
                {
                    Other = one,
                });
            }
        }
    }

    private void Violation(RecordFindingKind kind, string text, int? stage = null, NodeId? node = null) =>
        Add(kind, FindingWeight.Violation, stage, node, text);

    private void Add(RecordFindingKind kind, FindingWeight weight, int? stage, NodeId? node, string text) =>
        findings.Add(new(kind, weight, _attempt.Epoch, stage, node, text));
}

using Aria.Provenance.Checks;
using Aria.Provenance.Plans;
using Aria.Provenance.Receipts;
using Aria.Provenance.Records;
using Aria.Provenance.Signatures;

namespace Aria.Audit;

/// <summary>Holds one attempt's receipts against the replay, stage by stage.</summary>
internal sealed class AttemptReplay(InferenceRecord record, CheckedAttempt attempt, ReplayedJob replay, TraceSource? traces, List<AuditFinding> findings)
{
    public int ReceiptsCompared { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (attempt.Plan?.Value is not { } plan)
        {
            return;
        }

        for (int stage = 0; stage < Math.Min(plan.Stages.Length, attempt.Receipts.Length); stage++)
        {
            if (attempt.Receipts[stage]?.Value is { PositionCount: > 0 } receipt)
            {
                await CompareAsync(plan.Stages[stage], receipt, cancellationToken);
            }
        }
    }

    private async Task CompareAsync(PlanStage planned, StageReceipt receipt, CancellationToken cancellationToken)
    {
        StageSpan span = planned.Span;
        int first = receipt.FirstPosition, end = first + receipt.PositionCount;
        if (end > replay.PositionCount)
        {
            Add(AuditFindingKind.NotJudged, Verdict.Inconclusive, receipt, $"stage {receipt.Stage} signed positions up to {end - 1}, and the replay ends before {replay.PositionCount}");
            return;
        }

        if (receipt.InRoot != replay.Root(span.InBoundary, first, receipt.PositionCount))
        {
            if (span.Embedding)
            {
                Add(AuditFindingKind.OtherTokens, Verdict.Invalid, receipt, $"what stage {receipt.Stage} signed as its input are not the opening's tokens: the gateway or the stage is wrong");
            }
            else
            {
                Add(AuditFindingKind.NotJudged, Verdict.Inconclusive, receipt, $"what stage {receipt.Stage} signed as its input is not what the replay gives, so its output is not judged");
            }

            return;
        }

        ReceiptsCompared++;
        bool output = receipt.OutRoot == replay.Root(span.OutBoundary, first, receipt.PositionCount);
        bool head = receipt.Head is not { } signed
            || (signed.FirstPosition >= record.PromptTokens - 1 && signed.FirstPosition + signed.Count <= end
                && signed.Root == replay.Root(span.OutBoundary + 1, signed.FirstPosition, signed.Count));
        if (!output || !head)
        {
            await BlameAsync(span, receipt, output, cancellationToken);
        }
    }

    private async Task BlameAsync(StageSpan span, StageReceipt receipt, bool outputIsRight, CancellationToken cancellationToken)
    {
        (StageTrace? trace, string? none) = await TraceAsync(span, receipt, cancellationToken);
        if (trace is not null && FirstDifference(span, receipt, trace) is (int layer, int at))
        {
            bool head = layer == span.OutBoundary;
            Add(
                AuditFindingKind.StageWrong, Verdict.Invalid, receipt,
                $"node {receipt.Node} (stage {receipt.Stage} of epoch {receipt.Epoch}) signed what {(head ? "the head" : $"layer {layer}")} does not give at position {at}",
                head ? null : layer, head, at);
            return;
        }

        string what = outputIsRight ? "candidates that the head does not give" : $"an output that layers {span.Layers} do not give";
        Add(
            AuditFindingKind.StageWrong, Verdict.Invalid, receipt, $"node {receipt.Node} (stage {receipt.Stage} of epoch {receipt.Epoch}) signed {what}",
            head: outputIsRight);
        Add(AuditFindingKind.NoTrace, Verdict.Inconclusive, receipt, $"layer and position are not known: {none ?? "the trace is right and the roots are not those of its digests"}");
    }

    // By position, then by layer: what comes before the first difference in this order is all that it was computed from, and is right.
    private (int Layer, int Position)? FirstDifference(StageSpan span, StageReceipt receipt, StageTrace trace)
    {
        for (int position = receipt.FirstPosition; position < receipt.FirstPosition + receipt.PositionCount; position++)
        {
            for (int layer = span.Layers.Start; layer < span.Layers.End; layer++)
            {
                if (trace.At(layer + 1, position) != replay.At(layer + 1, position))
                {
                    return (layer, position);
                }
            }

            if (trace.HeadFirst <= position && trace.CandidatesAt(position) != replay.CandidatesAt(position))
            {
                return (span.Layers.End, position);
            }
        }

        return null;
    }

    private async Task<(StageTrace? Trace, string? Reason)> TraceAsync(StageSpan span, StageReceipt receipt, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte>? bytes = traces is null ? null : await traces(receipt.Node, receipt.Job, receipt.Epoch, receipt.Stage, cancellationToken);
        if (bytes is not { } some)
        {
            return (null, "the stage's trace is missing");
        }

        if (StageTrace.TryDecode(some.Span, out StageTrace? trace) is var status && status != OpenStatus.Done)
        {
            return (null, $"the stage's trace cannot be read: {status}");
        }

        bool committed = trace!.Commitment == receipt.TraceCommit && trace.Job == receipt.Job && trace.Epoch == receipt.Epoch && trace.Stage == receipt.Stage
            && trace.Layers == span.Layers && trace.FirstPosition == receipt.FirstPosition && trace.PositionCount == receipt.PositionCount
            && trace.HeadFirst == receipt.Head?.FirstPosition && (trace.HeadFirst is null || trace.HeadFirst >= record.PromptTokens - 1);
        return committed ? (trace, null) : (null, "the trace that was given is not the one that the receipt commits to");
    }

    private void Add(AuditFindingKind kind, Verdict verdict, StageReceipt receipt, string text, int? layer = null, bool head = false, int? position = null) =>
        findings.Add(new(kind, verdict, receipt.Epoch, receipt.Stage, receipt.Node, layer, head, position, text));
}

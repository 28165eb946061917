using System.Collections.Immutable;
using Aria.Engine;
using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Provenance.Activations;
using Aria.Provenance.Checks;
using Aria.Provenance.Plans;
using Aria.Provenance.Receipts;
using Aria.Provenance.Records;
using Aria.Provenance.Signatures;

namespace Aria.Audit;

/// <summary>
/// Computes a job again with the auditor's own model and holds what every stage signed against it (specs/audit.md). A stage is blamed only for an output that does
/// not follow from the input that it signed itself.
/// </summary>
public static class Replay
{
    /// <summary>Audits a record.</summary>
    /// <param name="signedRecord">The record's bytes, as they stand in a log.</param>
    /// <param name="opening">Its opening.</param>
    /// <param name="model">The auditor's own model.</param>
    /// <param name="traces">Asked for the trace of each stage whose output is wrong; null if none can be had.</param>
    /// <param name="options">How to compute.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<AuditVerdict> RunAsync(
        ReadOnlyMemory<byte> signedRecord, Opening opening, ModelFile model, TraceSource? traces, EngineOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(opening);
        ArgumentNullException.ThrowIfNull(model);
        RecordCheckResult check = RecordCheck.Verify(signedRecord, model.Shape.Layers);
        List<AuditFinding> findings =
        [
            .. check.Findings.Where(finding => finding.Weight != FindingWeight.Fact).Select(finding => new AuditFinding(
                AuditFindingKind.Record, (Verdict)(int)finding.Weight, finding.Epoch, finding.Stage, finding.Node, null, false, null, finding.Text)),
        ];
        if (check.Record?.Value is not { } record)
        {
            return new(check, [.. findings], 0, 0);
        }

        if (Refusal(record, check, opening, model) is { } refusal)
        {
            findings.Add(refusal);
            return new(check, [.. findings], 0, 0);
        }

        int tokens = opening.Prompt.Length + opening.Output.Length;
        int count = check.Attempts.Select(attempt => Math.Min(tokens, attempt.Attempt.FirstPosition + attempt.Attempt.PositionCount)).DefaultIfEmpty(0).Max();
        JobPlan? asked = check.Attempts.Select(attempt => attempt.Plan?.Value).OfType<JobPlan>().FirstOrDefault();
        SamplingParameters sampling = asked?.Sampling ?? SamplingParameters.Greedy;
        ReplayedJob replay = await Task.Run(() => ReplayedJob.Run(model, opening, sampling, asked?.AnswerFrom ?? 0, count, options, cancellationToken), cancellationToken);
        if (replay.End is { } end)
        {
            findings.Add(new(
                AuditFindingKind.NotFinite, Verdict.Inconclusive, null, null, null, end.Layer, false, end.Position, $"the replay ends at position {end.Position}: {end.Message}"));
        }

        int compared = 0;
        foreach (CheckedAttempt attempt in check.Attempts)
        {
            if (attempt.Plan?.Value is { } plan && (plan.Sampling != sampling || plan.AnswerFrom != asked!.AnswerFrom))
            {
                findings.Add(new(
                    AuditFindingKind.NotJudged, Verdict.Inconclusive, attempt.Attempt.Epoch, null, null, null, false, null,
                    $"the plan of epoch {attempt.Attempt.Epoch} asks for other candidates than the first, so its stages are not judged"));
                continue;
            }

            AttemptReplay replayed = new(record, attempt, replay, traces, findings);
            await replayed.RunAsync(cancellationToken);
            compared += replayed.ReceiptsCompared;
        }

        if (check.Attempts.Any(attempt => attempt.Plan is not null))
        {
            findings.AddRange(replay.WrongTokens.Take(1).Select(position => new AuditFinding(
                AuditFindingKind.TokenWrong, Verdict.Invalid, null, null, record.Gateway, null, false, position,
                $"the token at position {position} is not the one that the sampler chooses from the right candidates")));
        }

        return new(check, [.. findings], replay.PositionCount, compared);
    }

    private static AuditFinding? Refusal(InferenceRecord record, RecordCheckResult check, Opening opening, ModelFile model)
    {
        string? other =
            record.Model != model.Id ? $"the record is about model {record.Model}, and the auditor's is {model.Id}"
            : record.NumericSpec != NumericSpec.Id ? $"the record was computed by {record.NumericSpec}, and the auditor computes by {NumericSpec.Id}"
            : null;
        if (other is not null)
        {
            return Inconclusive(AuditFindingKind.OtherModel, other);
        }

        string? refused =
            opening.Job != record.Job ? $"the opening is for job {opening.Job}, not {record.Job}"
            : opening.PromptCommitment != record.PromptCommitment ? "the opening's prompt is not the one that the record commits to"
            : opening.OutputCommitment != record.OutputCommitment ? "the opening's output is not the one that the record commits to"
            : opening.Prompt.Length != record.PromptTokens || opening.Output.Length != record.CompletionTokens ? "the opening has other numbers of tokens than the record"
            : check.Attempts.Any(attempt => attempt.Plan is { } plan && plan.Value.KeyCommitment != JobKey.Commitment(opening.JobKey))
                ? "the opening's key is not the one that the plans commit to"
            : opening.Prompt.IsEmpty || opening.Prompt.Concat(opening.Output).Any(token => token >= (uint)model.Shape.Vocabulary) ? "the opening holds tokens that the model has not"
            : opening.Prompt.Length + opening.Output.Length - 1 > model.Shape.Context ? "the opening has more tokens than the model has context"
            : null;
        return refused is null ? null : Inconclusive(AuditFindingKind.OpeningRefused, $"{refused}; nothing was replayed");
    }

    private static AuditFinding Inconclusive(AuditFindingKind kind, string text) => new(kind, Verdict.Inconclusive, null, null, null, null, false, null, text);
}

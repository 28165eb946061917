using System.Text.Json.Nodes;
using Aria.Provenance.Plans;
using Aria.Provenance.Receipts;
using Aria.Provenance.Records;
using Aria.Provenance.Signatures;

namespace Aria.Provenance.Checks;

/// <summary>A checked record for people and tools to read: every field decoded, and what the check found. Nothing is ever verified from it.</summary>
public static class RecordJson
{
    /// <summary>The whole; of bytes that are no record, the findings alone.</summary>
    public static JsonObject Of(RecordCheckResult check)
    {
        JsonObject json = check.Record?.Value is { } record ? Fields(check, record) : [];
        json["verdict"] = check.Verdict.ToString().ToUpperInvariant();
        json["signatures"] = check.SignatureCount;
        json["findings"] = Array(check.Findings.Select(finding => new JsonObject
        {
            ["kind"] = finding.Kind.ToString(),
            ["weight"] = Lower(finding.Weight),
            ["epoch"] = finding.Epoch,
            ["stage"] = finding.Stage,
            ["node"] = finding.Node?.ToString(),
            ["other"] = finding.Other?.ToString(),
            ["text"] = finding.Text,
        }));
        return json;
    }

    private static JsonObject Fields(RecordCheckResult check, InferenceRecord record) => new()
    {
        ["id"] = check.Id.ToString(),
        ["network"] = record.Network,
        ["model"] = record.Model.ToString(),
        ["numericSpec"] = record.NumericSpec,
        ["job"] = record.Job.ToString(),
        ["gateway"] = record.Gateway.ToString(),
        ["createdUnixMs"] = record.CreatedUnixMs,
        ["promptTokens"] = record.PromptTokens,
        ["completionTokens"] = record.CompletionTokens,
        ["finish"] = Lower(record.Finish),
        ["firstTokenMicroseconds"] = record.FirstTokenMicroseconds,
        ["totalMicroseconds"] = record.TotalMicroseconds,
        ["energy"] = Energy(record.Energy),
        ["promptCommitment"] = record.PromptCommitment.ToString(),
        ["outputCommitment"] = record.OutputCommitment.ToString(),
        ["attempts"] = Array(check.Attempts.Select(Attempt)),
    };

    private static JsonObject Attempt(CheckedAttempt attempt) => new()
    {
        ["epoch"] = attempt.Attempt.Epoch,
        ["fault"] = attempt.Attempt.Fault,
        ["firstPosition"] = attempt.Attempt.FirstPosition,
        ["positionCount"] = attempt.Attempt.PositionCount,
        ["plan"] = attempt.Plan is { } plan ? Plan(plan) : null,
        ["stages"] = attempt.Plan is { } signed
            ? Array(signed.Value.Stages.Select((stage, index) => Stage(stage, index, attempt)))
            : [],
    };

    private static JsonObject Plan(Signed<JobPlan> plan) => new()
    {
        ["digest"] = plan.PayloadDigest.ToString(),
        ["temperature"] = plan.Value.Sampling.Temperature,
        ["topK"] = plan.Value.Sampling.TopK,
        ["topP"] = plan.Value.Sampling.TopP,
        ["seed"] = plan.Value.Sampling.Seed,
        ["headFrom"] = plan.Value.HeadFrom,
        ["maxPositions"] = plan.Value.MaxPositions,
        ["keyCommitment"] = plan.Value.KeyCommitment.ToString(),
        ["createdUnixMs"] = plan.Value.CreatedUnixMs,
        ["deadlineUnixMs"] = plan.Value.DeadlineUnixMs,
    };

    private static JsonObject Stage(PlanStage stage, int index, CheckedAttempt attempt) => new()
    {
        ["node"] = stage.Node.ToString(),
        ["embedding"] = stage.Span.Embedding,
        ["layers"] = new JsonArray(stage.Span.Layers.Start, stage.Span.Layers.End),
        ["head"] = stage.Span.Head,
        ["accepted"] = index < attempt.Attempt.Acceptances.Length && attempt.Attempt.Acceptances[index] is not null,
        ["receipt"] = index < attempt.Receipts.Length && attempt.Receipts[index]?.Value is { } receipt ? Receipt(receipt) : null,
    };

    private static JsonObject Receipt(StageReceipt receipt) => new()
    {
        ["firstPosition"] = receipt.FirstPosition,
        ["positionCount"] = receipt.PositionCount,
        ["inRoot"] = receipt.InRoot.ToString(),
        ["outRoot"] = receipt.OutRoot.ToString(),
        ["headFirst"] = receipt.Head?.FirstPosition,
        ["headCount"] = receipt.Head?.Count ?? 0,
        ["headRoot"] = receipt.Head?.Root.ToString(),
        ["traceCommit"] = receipt.TraceCommit.ToString(),
        ["computeMicroseconds"] = receipt.ComputeMicroseconds,
        ["energy"] = Energy(receipt.Energy),
        ["startedUnixMs"] = receipt.StartedUnixMs,
        ["finishedUnixMs"] = receipt.FinishedUnixMs,
    };

    private static JsonObject Energy(EnergyClaim energy) => new()
    {
        ["method"] = energy.Method.Name,
        ["lowMillijoules"] = energy.LowMillijoules,
        ["highMillijoules"] = energy.HighMillijoules,
    };

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static JsonArray Array(IEnumerable<JsonNode> items) => [.. items];
}

using System.Collections.Immutable;
using Aria.Provenance.Records;
using Aria.Provenance.Receipts;
using Aria.Provenance.Signatures;

namespace Aria.Provenance.Checks;

/// <summary>
/// Checks a record by its bytes alone: every signature, that neighbours signed the same activations, that the stages cover the model,
/// that the numbers fit (specs/provenance.md §10). Says nothing about whether the computation was right; that is a replay's question.
/// </summary>
public static class RecordCheck
{
    /// <summary>Checks signed record bytes as they stand in a log. <paramref name="layers"/>: the model's, where the caller has it.</summary>
    public static RecordCheckResult Verify(ReadOnlyMemory<byte> signedRecord, int? layers = null)
    {
        OpenStatus status = Signed.TryOpen(signedRecord, out Signed<InferenceRecord>? signed);
        if (status != OpenStatus.Done)
        {
            return new(null, [], [Refusal(status)]);
        }

        InferenceRecord record = signed!.Value;
        List<RecordFinding> findings = [];
        List<CheckedAttempt> attempts = [];
        int signatures = 1;
        for (int i = 0; i < record.Attempts.Length; i++)
        {
            AttemptCheck check = new(record, i, attempts.Count > 0 ? attempts[^1] : null, layers, findings);
            attempts.Add(check.Run());
            signatures += check.SignatureCount;
        }

        CheckNumbers(record, attempts, findings);
        return new(signed, [.. attempts], [.. findings]) { SignatureCount = signatures };
    }

    private static RecordFinding Refusal(OpenStatus status)
    {
        (RecordFindingKind kind, string text) = status switch
        {
            OpenStatus.TooLong => (RecordFindingKind.TooLong, $"the record is longer than {Limits.RecordBytes} bytes"),
            OpenStatus.UnknownVersion => (RecordFindingKind.UnknownVersion, "the record has a version that is not known here"),
            OpenStatus.WrongSignature => (RecordFindingKind.RecordSignature, "the record's signature is not its gateway's"),
            _ => (RecordFindingKind.NotCanonical, "the bytes are not a canonical record"),
        };
        return new(kind, FindingWeight.Violation, null, null, null, text);
    }

    private static void CheckNumbers(InferenceRecord record, List<CheckedAttempt> attempts, List<RecordFinding> findings)
    {
        if (CountsProblem(record, attempts) is { } counts)
        {
            findings.Add(new(RecordFindingKind.Counts, FindingWeight.Violation, null, null, null, counts));
        }

        if (record.FirstTokenMicroseconds > record.TotalMicroseconds)
        {
            findings.Add(new(RecordFindingKind.Timing, FindingWeight.Violation, null, null, null, "the first token is later than the end"));
        }

        // A receipt that could not be opened has its own finding, and its energy is unknown.
        bool allOpen = attempts.All(a => a.Attempt.Receipts.Count(r => r is not null) == a.Receipts.Count(r => r is not null));
        EnergyClaim total = EnergyClaim.Total(attempts.SelectMany(a => a.Receipts).OfType<Signed<StageReceipt>>().Select(r => r.Value.Energy));
        if (allOpen && total != record.Energy)
        {
            findings.Add(new(RecordFindingKind.Energy, FindingWeight.Violation, null, null, null, "the record's energy is not the sum of its receipts'"));
        }
    }

    // With P prompt and C chosen tokens the positions 0 to P + C - 2 go in: the last chosen token is never an input.
    private static string? CountsProblem(InferenceRecord record, List<CheckedAttempt> attempts)
    {
        long tokens = (long)record.PromptTokens + record.CompletionTokens;
        if (record.PromptTokens == 0)
        {
            return "the prompt has no token";
        }

        if (attempts.FirstOrDefault(a => (long)a.Attempt.FirstPosition + a.Attempt.PositionCount > tokens) is { } beyond)
        {
            return $"epoch {beyond.Attempt.Epoch} has positions beyond the {tokens} tokens";
        }

        if (record.Finish is FinishReason.Cancelled or FinishReason.Failed)
        {
            return null;
        }

        if (record.CompletionTokens == 0 || attempts.Count == 0)
        {
            return "a job that came to its end has no token or no attempt";
        }

        RecordAttempt last = attempts[^1].Attempt;
        if (last.Fault is not null)
        {
            return "a job that came to its end has a failed last attempt";
        }

        long end = (long)last.FirstPosition + last.PositionCount;
        if (end != tokens - 1)
        {
            return $"the last attempt ends before position {end}, not {tokens - 1}";
        }

        return attempts[^1].Plan is { } plan && (plan.Value.HeadFrom < record.PromptTokens - 1 || plan.Value.HeadFrom >= end)
            ? $"candidates were asked from position {plan.Value.HeadFrom} on, outside the answer's positions {record.PromptTokens - 1} to {end - 1}"
            : null;
    }
}

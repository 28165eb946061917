using System.Collections.Immutable;
using Aria.Provenance.Plans;
using Aria.Provenance.Receipts;
using Aria.Provenance.Records;
using Aria.Provenance.Signatures;

namespace Aria.Provenance.Checks;

/// <summary>An attempt as far as it could be opened; what could not be verified is null.</summary>
public sealed record CheckedAttempt(RecordAttempt Attempt, Signed<JobPlan>? Plan, ImmutableArray<Signed<StageReceipt>?> Receipts);

/// <summary>What a record's check came to.</summary>
/// <param name="Record">The record, if it could be read and its signature holds.</param>
/// <param name="Attempts">Its attempts, opened.</param>
/// <param name="Findings">All that was found, in the record's order.</param>
public sealed record RecordCheckResult(Signed<InferenceRecord>? Record, ImmutableArray<CheckedAttempt> Attempts, ImmutableArray<RecordFinding> Findings)
{
    /// <summary>The heaviest finding's verdict.</summary>
    public Verdict Verdict => (Verdict)Findings.Select(finding => (int)finding.Weight).DefaultIfEmpty(0).Max();

    /// <summary>The record's id, if it could be read.</summary>
    public RecordId? Id => Record is { } record ? new RecordId(record.PayloadDigest) : null;

    /// <summary>Every signature that was verified.</summary>
    public int SignatureCount { get; init; }
}

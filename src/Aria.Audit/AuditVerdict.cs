using System.Collections.Immutable;
using Aria.Provenance.Checks;

namespace Aria.Audit;

/// <summary>What a replay came to.</summary>
/// <param name="Record">The check of the record's bytes.</param>
/// <param name="Findings">All that was found: attempts in order, stages in order.</param>
/// <param name="PositionsReplayed">Positions that were computed again.</param>
/// <param name="ReceiptsCompared">Receipts whose outputs were held against the replay.</param>
public sealed record AuditVerdict(RecordCheckResult Record, ImmutableArray<AuditFinding> Findings, int PositionsReplayed, int ReceiptsCompared)
{
    /// <summary>The worst of the findings; valid if there is none.</summary>
    public Verdict Verdict => Findings.Select(finding => finding.Verdict).DefaultIfEmpty(Verdict.Valid).Max();

    /// <summary>The first stage that signed what it did not compute; null if there is none.</summary>
    public AuditFinding? FirstWrong => Findings.FirstOrDefault(finding => finding.Kind == AuditFindingKind.StageWrong);
}

using Aria.Ledger.Entries;
using Aria.Ledger.Verification;
using Aria.Provenance.Checks;
using Aria.Provenance.Receipts;
using Aria.Provenance.Signatures;

namespace Aria.Audit;

/// <summary>The check of what a log's entries carry, for a log's verification: records by their own rules, receipts of failed jobs by their signatures.</summary>
public static class EntryCheck
{
    /// <summary>A <see cref="PayloadCheck"/>. Kinds that this program does not know are not looked at.</summary>
    public static IEnumerable<PayloadFinding> Check(LedgerEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return entry.Kind switch
        {
            EntryKind.Record => RecordCheck.Verify(entry.Payload).Findings.Where(finding => finding.Weight == FindingWeight.Violation)
                .Select(finding => new PayloadFinding(Verdict.Invalid, finding.Text)),
            EntryKind.JobFailed when Signed.TryOpen(entry.Payload, out Signed<StageReceipt>? _) is var status && status != OpenStatus.Done =>
                [new PayloadFinding(Verdict.Invalid, $"it carries no receipt that verifies: {status}")],
            _ => [],
        };
    }
}

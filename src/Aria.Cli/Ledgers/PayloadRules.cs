using Aria.Ledger.Entries;
using Aria.Ledger.Verification;
using Aria.Provenance.Checks;
using Aria.Provenance.Receipts;
using Aria.Provenance.Signatures;

namespace Aria.Cli.Ledgers;

/// <summary>
/// What an entry's payload must be for its log to hold: a record that checks, a stage's signed receipt of a failed job. A kind that this
/// program does not know leaves the verdict open.
/// </summary>
internal static class PayloadRules
{
    public static IEnumerable<PayloadFinding> Check(LedgerEntry entry) => entry.Kind switch
    {
        EntryKind.Manifest => entry.Sequence == 0 ? [] : [new(Verdict.Invalid, "it is a manifest, and only entry 0 may be one")],
        EntryKind.Record => CheckRecord(entry.Payload),
        EntryKind.JobFailed => CheckReceipt(entry.Payload),
        _ => [new(Verdict.Inconclusive, $"it is of kind {(int)entry.Kind}, which this program cannot check")],
    };

    private static IEnumerable<PayloadFinding> CheckRecord(ReadOnlyMemory<byte> payload) =>
        RecordCheck.Verify(payload).Findings
            .Where(finding => finding.Weight != FindingWeight.Fact)
            .Select(finding => new PayloadFinding(finding.Weight == FindingWeight.Gap ? Verdict.Inconclusive : Verdict.Invalid, $"its record: {finding.Text}"));

    private static IEnumerable<PayloadFinding> CheckReceipt(ReadOnlyMemory<byte> payload) => Signed.TryOpen(payload, out Signed<StageReceipt>? _) switch
    {
        OpenStatus.Done => [],
        OpenStatus.UnknownVersion => [new(Verdict.Inconclusive, "its receipt has a version that this program does not know")],
        OpenStatus.WrongSignature => [new(Verdict.Invalid, "its receipt's signature is not the stage's")],
        var status => [new(Verdict.Invalid, $"its receipt cannot be read: {status}")],
    };
}

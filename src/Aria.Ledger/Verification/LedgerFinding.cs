namespace Aria.Ledger.Verification;

/// <summary>One thing that is wrong with a log, or that could not be checked.</summary>
/// <param name="Verdict">Invalid or inconclusive.</param>
/// <param name="Sequence">The entry it is about; null if it is about the log as a whole or a file.</param>
/// <param name="Subject">"entry 5", "checkpoint", "file 000004.log", …</param>
/// <param name="Reason">What is wrong or missing.</param>
public sealed record LedgerFinding(Verdict Verdict, long? Sequence, string Subject, string Reason)
{
    /// <summary><c>SUBJECT: REASON</c></summary>
    public override string ToString() => $"{Subject}: {Reason}";

    internal static LedgerFinding OfEntry(Verdict verdict, long sequence, string reason) => new(verdict, sequence, $"entry {sequence}", reason);

    internal static LedgerFinding OfFile(Verdict verdict, string name, string reason) => new(verdict, null, $"file {name}", reason);

    internal static LedgerFinding OfCheckpoint(Verdict verdict, string reason) => new(verdict, null, "checkpoint", reason);
}

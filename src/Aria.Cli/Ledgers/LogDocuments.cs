using Aria.Ledger.Entries;
using Aria.Ledger.Verification;
using Aria.Provenance.Checks;
using Aria.Provenance.Records;

namespace Aria.Cli.Ledgers;

/// <summary>What <c>ledger verify --json</c> prints.</summary>
internal sealed record LedgerVerifyDocument(string Schema, string Verdict, IReadOnlyList<LogVerdictDocument> Logs)
{
    public const string SchemaName = "aria.ledger.verify/1";
}

/// <summary>One log's verdict, with what was looked at.</summary>
internal sealed record LogVerdictDocument(
    string Name, string From, string Verdict, string? Node, long Entries, int Records, CheckpointDocument? Checkpoint, IReadOnlyList<LogFindingDocument> Findings, long MoreFindings)
{
    public static LogVerdictDocument Of(ILogSource source, VerificationResult result, int records) => new(
        source.Name,
        source.Origin,
        RecordDocument.Word(result.Verdict),
        result.Manifest?.Identity.ToString(),
        result.Entries,
        records,
        result.Checkpoint is { } checkpoint ? new(checkpoint.Origin, checkpoint.Size, checkpoint.Root.ToString()) : null,
        [.. result.Findings.Select(LogFindingDocument.Of)],
        result.MoreFindings);
}

/// <summary>The head that the entries were held against.</summary>
internal sealed record CheckpointDocument(string Origin, long Size, string Root);

/// <summary>One thing wrong with a log, or not checkable.</summary>
internal sealed record LogFindingDocument(string Verdict, long? Sequence, string Subject, string Reason)
{
    public static LogFindingDocument Of(LedgerFinding finding) => new(RecordDocument.Word(finding.Verdict), finding.Sequence, finding.Subject, finding.Reason);
}

/// <summary>What <c>ledger list --json</c> prints.</summary>
internal sealed record LedgerListDocument(string Schema, string Name, string From, IReadOnlyList<EntryDocument> Entries)
{
    public const string SchemaName = "aria.ledger.list/1";
}

/// <summary>What <c>ledger show --json</c> prints: an entry and, when it carries one, its record.</summary>
internal sealed record LedgerShowDocument(string Schema, string Name, string From, EntryDocument Entry, RecordDocument? Record)
{
    public const string SchemaName = "aria.ledger.show/1";
}

/// <summary>One entry in short.</summary>
internal sealed record EntryDocument(long Index, DateTimeOffset Time, string Kind, string LeafHash, string PayloadDigest, RecordSummary? Record)
{
    public static EntryDocument Of(LedgerEntry entry, NodeNames names) => new(
        entry.Sequence,
        DateTimeOffset.FromUnixTimeMilliseconds(entry.UnixMilliseconds),
        Word(entry.Kind),
        entry.LeafHash.ToString(),
        entry.PayloadDigest.ToString(),
        entry.Kind == EntryKind.Record ? RecordSummary.Of(RecordCheck.Verify(entry.Payload), names) : null);

    private static string Word(EntryKind kind) => kind switch
    {
        EntryKind.Manifest => "manifest",
        EntryKind.Record => "record",
        EntryKind.JobFailed => "job-failed",
        _ => $"kind-{(int)kind}",
    };
}

/// <summary>A record in one line.</summary>
internal sealed record RecordSummary(
    string? Record, string? Model, int PromptTokens, int CompletionTokens, string? Finish, int Attempts, IReadOnlyList<string> Hops, string? Gateway, EnergyDocument? Energy, string Verdict)
{
    public static RecordSummary Of(RecordCheckResult check, NodeNames names)
    {
        string verdict = RecordDocument.Word(check.Verdict);
        if (check.Record?.Value is not { } record)
        {
            return new(null, null, 0, 0, null, 0, [], null, null, verdict);
        }

        CheckedAttempt? last = check.Attempts.LastOrDefault();
        return new(
            check.Id!.Value.ToString(), record.Model.ToString(), record.PromptTokens, record.CompletionTokens, Word(record.Finish), record.Attempts.Length,
            [.. (last?.Plan?.Value.Stages ?? []).Select(stage => names.Of(stage.Node))], names.Of(record.Gateway), EnergyDocument.Of(record.Energy), verdict);
    }

    private static string Word(FinishReason reason) => reason.ToString().ToLowerInvariant();
}

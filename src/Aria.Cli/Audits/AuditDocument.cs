using Aria.Audit;
using Aria.Cli.Ledgers;

namespace Aria.Cli.Audits;

/// <summary>What <c>audit --json</c> prints.</summary>
internal sealed record AuditDocument(string Schema, string Record, string Verdict, IReadOnlyList<AuditCheckDocument> Checks, ReplayDocument? Replay)
{
    public const string SchemaName = "aria.audit/1";
}

/// <summary>One thing that was looked at, and its own verdict; without a verdict it was left out.</summary>
internal sealed record AuditCheckDocument(string Id, string? Verdict, string Text)
{
    public static AuditCheckDocument Of(string id, Verdict verdict, string text) => new(id, RecordDocument.Word(verdict), text);

    public static AuditCheckDocument Skipped(string id, string text) => new(id, null, text);
}

/// <summary>What the replay came to; node, layer and position are those of the first wrong digest.</summary>
internal sealed record ReplayDocument(
    int Positions, int Receipts, string? Node, string? Name, int? Epoch, int? Stage, int? Layer, bool? Head, int? Position, IReadOnlyList<AuditFindingDocument> Findings)
{
    public static ReplayDocument Of(AuditVerdict audit, NodeNames names)
    {
        AuditFinding? wrong = audit.FirstWrong;
        return new(
            audit.PositionsReplayed,
            audit.ReceiptsCompared,
            wrong?.Node?.ToString(),
            wrong?.Node is { } node ? names.Of(node) : null,
            wrong?.Epoch,
            wrong?.Stage,
            wrong?.Layer,
            wrong?.Head,
            wrong?.Position,
            [.. audit.Findings.Select(finding => AuditFindingDocument.Of(finding, names))]);
    }
}

/// <summary>One thing that the replay found.</summary>
internal sealed record AuditFindingDocument(string Kind, string Verdict, int? Epoch, int? Stage, string? Node, int? Layer, bool Head, int? Position, string Text)
{
    public static AuditFindingDocument Of(AuditFinding finding, NodeNames names) => new(
        finding.Kind.ToString(), RecordDocument.Word(finding.Verdict), finding.Epoch, finding.Stage, finding.Node is { } node ? names.Of(node) : null,
        finding.Layer, finding.Head, finding.Position, finding.Text);
}

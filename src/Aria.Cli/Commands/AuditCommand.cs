using System.CommandLine;
using Aria.Audit;
using Aria.Cli.Audits;
using Aria.Cli.Client;
using Aria.Cli.Ledgers;
using Aria.Cli.Nodes;
using Aria.Cli.Output;
using Aria.Cli.Testnet;
using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Ledger.Entries;
using Aria.Ledger.Verification;
using Aria.Provenance.Checks;
using Aria.Provenance.Records;

namespace Aria.Cli.Commands;

/// <summary><c>aria audit</c>: whether a record holds, and with <c>--replay</c> whether every stage computed what it signed.</summary>
internal static class AuditCommand
{
    public static Command Create(GlobalOptions globals)
    {
        AuditOptions options = new();
        Command command = new("audit", "Check a record; with --replay compute it again. VALID exits 0, INVALID 4, INCONCLUSIVE 8");
        options.AddTo(command);
        command.RunsInTime(globals, scope => RunAsync(scope, options));
        return command;
    }

    private static async Task<int> RunAsync(CommandScope scope, AuditOptions options)
    {
        RecordReference reference = RecordReference.Parse(scope.Get(options.Record)!);
        TestnetState? state = options.Logs.StateOf(scope);
        NodeNames names = new(state);
        await using LedgerVisitor visitor = new(scope.Time);
        ILogSource log = options.Logs.Find(scope, TestnetPlan.GatewayName, visitor).Single();
        LedgerEntry entry = await reference.FindAsync(log, scope.Stopping);
        RecordCheckResult check = RecordCheck.Verify(entry.Payload);
        if (entry.Kind != EntryKind.Record || check.Id is not { } id)
        {
            throw CommandFailedException.Precondition("no_record", $"Entry {entry.Sequence} of {log.Name} carries no record that can be read.", "aria ledger list");
        }

        Terminal terminal = scope.Terminal;
        List<AuditCheckDocument> checks = [];
        Verdict worst = Verdict.Valid;
        void Tell(string what, Verdict verdict, string text)
        {
            worst = verdict > worst ? verdict : worst;
            checks.Add(AuditCheckDocument.Of(what, verdict, text));
            string word = verdict switch { Verdict.Valid => "PASS", Verdict.Invalid => "FAIL", _ => "OPEN" };
            terminal.Line($" {terminal.Paint(word, LedgerVerifyCommand.InkOf(verdict))}  {what,-18} {text}");
        }

        string findings = string.Concat(check.Findings.Where(finding => finding.Weight != FindingWeight.Fact).Select(finding => $"; {finding.Text}"));
        Tell("record", check.Verdict, $"{check.SignatureCount} signatures, links and numbers of {id.ToString()[..12]}{findings}");
        VerificationResult verified = await log.VerifyAsync(_ => [], scope.Stopping);          // what other entries carry is not this record's business
        Tell("log", verified.Verdict, $"entry {entry.Sequence} of {verified.Entries} in {log.Name}'s log{(verified.Findings.IsEmpty ? "" : $"; {verified.Findings[0]}")}");
        ReplayDocument? replay = null;
        if (!scope.Get(options.Replay))
        {
            checks.Add(AuditCheckDocument.Skipped("replay", "was not asked for: --replay"));
            terminal.Line($" SKIP  {"replay",-18} was not asked for: --replay");
        }
        else
        {
            AuditVerdict audit = await ReplayAsync(scope, options, state, visitor, entry.Payload, id);
            replay = ReplayDocument.Of(audit, names);
            Tell("replay", audit.Verdict, $"{audit.PositionsReplayed} positions computed again, {audit.ReceiptsCompared} receipts compared");
            foreach (AuditFindingDocument finding in replay.Findings)
            {
                terminal.Line($"   {finding.Verdict}: {finding.Text}{(finding.Node is { } node ? $" ({node})" : "")}");
            }
        }

        terminal.Line($" {terminal.Paint(LedgerVerifyCommand.Word(worst), LedgerVerifyCommand.InkOf(worst))}{Blame(replay)}");
        terminal.Document(new(AuditDocument.SchemaName, id.ToString(), RecordDocument.Word(worst), checks, replay), CliJson.Documents.AuditDocument);
        return LedgerVerifyCommand.ExitCodeOf(worst);
    }

    private static async Task<AuditVerdict> ReplayAsync(
        CommandScope scope, AuditOptions options, TestnetState? state, LedgerVisitor visitor, ReadOnlyMemory<byte> record, RecordId id)
    {
        using GatewayClient? gateway = state is null ? null : GatewayClient.Of(state);
        Opening opening = scope.Get(options.Opening) is { } path ? OpeningSource.FromFile(path)
            : gateway is not null && await OpeningSource.FromGatewayAsync(gateway, id, scope.Stopping) is { } private_ ? private_
            : throw CommandFailedException.Precondition("no_opening", "The record's opening cannot be had: without the tokens and the job's key nothing can be computed again.", "aria audit … --opening FILE");
        using ModelFile model = ModelNames.Open(scope.Get(options.Model) ?? state?.ModelSource ?? Topology.DefaultModel);
        EngineOptions engine = new() { Threads = scope.Get(options.Threads) ?? 1 };
        return await Replay.RunAsync(record, opening, model, new TraceSearch(state, gateway, visitor).FindAsync, engine, scope.Stopping);
    }

    private static string Blame(ReplayDocument? replay) => replay switch
    {
        { Name: { } name, Node: { } node } => $"  {name} (key {node[..12]}…, stage {replay.Stage}) computed {(replay.Layer is { } layer ? $"layer {layer}" : replay.Head == true ? "the head" : "some layer")} wrongly"
            + (replay.Position is { } position ? $", first at position {position}." : "."),
        _ => "",
    };
}

/// <summary>The flags of <c>aria audit</c>.</summary>
internal sealed class AuditOptions
{
    public Argument<string> Record { get; } = RecordReference.Argument();

    public LogSelection Logs { get; } = new(manyNodes: false);

    public Option<bool> Replay { get; } = OptionParsers.Flag("--replay", "Compute the job again with this machine's own weights and compare what every stage signed");

    public Option<string?> Opening { get; } = OptionParsers.Text("--opening", "A file with the record's private opening; default: asked of the testnet's gateway", "FILE");

    public Option<string?> Model { get; } = OptionParsers.Text("--model", "The auditor's own model; default: the testnet's, else aria-tiny", "MODEL", "-m");

    public Option<int?> Threads { get; } = OptionParsers.Int("--threads", "Compute threads; default 1", 1, 256, "-t");

    public void AddTo(Command command)
    {
        command.Add(Record);
        foreach (Option option in new Option[] { Replay, Opening, Model, Threads })
        {
            command.Add(option);
        }

        Logs.AddTo(command);
    }
}

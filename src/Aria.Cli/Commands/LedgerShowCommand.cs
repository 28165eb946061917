using System.CommandLine;
using Aria.Cli.Ledgers;
using Aria.Cli.Output;
using Aria.Cli.Testnet;
using Aria.Ledger.Entries;
using Aria.Provenance.Checks;

namespace Aria.Cli.Commands;

/// <summary><c>aria ledger show</c>: one entry, decoded.</summary>
internal static class LedgerShowCommand
{
    public static Command Create(GlobalOptions globals)
    {
        LogSelection logs = new(manyNodes: false);
        Argument<string> which = RecordReference.Argument();
        Command command = new("show", "Show a record, every field decoded; exit 4 or 8 if it does not check") { which };
        logs.AddTo(command);
        command.RunsInTime(globals, async scope =>
        {
            await using LedgerVisitor visitor = new(scope.Time);
            ILogSource log = logs.Find(scope, TestnetPlan.GatewayName, visitor).Single();
            NodeNames names = new(logs.StateOf(scope));
            LedgerEntry entry = await RecordReference.Parse(scope.Get(which)!).FindAsync(log, scope.Stopping);
            RecordCheckResult? check = entry.Kind == EntryKind.Record ? RecordCheck.Verify(entry.Payload) : null;
            RecordDocument? record = check is null ? null : RecordDocument.Of(check, names);
            EntryDocument document = EntryDocument.Of(entry, names);
            scope.Answer(new(LedgerShowDocument.SchemaName, log.Name, log.Origin, document, record), CliJson.Documents.LedgerShowDocument, () =>
            {
                scope.Terminal.Line($" entry        {document.Index} of {log.Name}'s log, {document.Kind}, leaf {document.LeafHash}");
                if (record is not null)
                {
                    RecordText.Print(scope.Terminal, record);
                }
            });
            return check is null ? ExitCode.Ok : LedgerVerifyCommand.ExitCodeOf(check.Verdict);
        });
        return command;
    }
}

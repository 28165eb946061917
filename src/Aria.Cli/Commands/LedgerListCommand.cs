using System.CommandLine;
using System.Globalization;
using Aria.Cli.Ledgers;
using Aria.Cli.Output;
using Aria.Cli.Testnet;
using Aria.Ledger.Entries;

namespace Aria.Cli.Commands;

/// <summary><c>aria ledger list</c>: the newest entries of a log.</summary>
internal static class LedgerListCommand
{
    private const int DefaultLimit = 20;
    private const int ShortDigits = 12;

    public static Command Create(GlobalOptions globals)
    {
        LogSelection logs = new(manyNodes: false);
        Option<int?> limit = OptionParsers.Int("--limit", $"Entries shown, the newest; default {DefaultLimit}", 1, 100_000);
        Command command = new("list", "List the newest entries of a node's log");
        logs.AddTo(command);
        command.Add(limit);
        command.RunsInTime(globals, async scope =>
        {
            await using LedgerVisitor visitor = new(scope.Time);
            ILogSource log = logs.Find(scope, TestnetPlan.GatewayName, visitor).Single();
            NodeNames names = new(logs.StateOf(scope));
            List<EntryDocument> entries = [];
            await foreach (LedgerEntry entry in log.NewestFirstAsync(scope.Stopping))
            {
                entries.Add(EntryDocument.Of(entry, names));
                if (entries.Count == (scope.Get(limit) ?? DefaultLimit))
                {
                    break;
                }
            }

            entries.Reverse();
            LedgerListDocument document = new(LedgerListDocument.SchemaName, log.Name, log.Origin, entries);
            scope.Answer(document, CliJson.Documents.LedgerListDocument, () => Print(scope.Terminal, document));
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Print(Terminal terminal, LedgerListDocument document)
    {
        TextTable table = new("INDEX", "TIME", "KIND", "TOKENS", "HOPS", "TRIES", "ENDED BY", "ENERGY", "CHECK", "RECORD");
        foreach (EntryDocument entry in document.Entries)
        {
            string index = entry.Index.ToString(CultureInfo.InvariantCulture);
            string time = entry.Time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
            if (entry.Record is { } record)
            {
                table.Add(
                    index, time, entry.Kind, $"{record.PromptTokens}/{record.CompletionTokens}", string.Join('→', record.Hops),
                    record.Attempts.ToString(CultureInfo.InvariantCulture), record.Finish ?? "", record.Energy?.ToString() ?? "",
                    record.Verdict.ToUpperInvariant(), record.Record?[..ShortDigits] ?? "");
            }
            else
            {
                table.Add(index, time, entry.Kind, "", "", "", "", "", "", "");
            }
        }

        table.Print(terminal);
    }
}

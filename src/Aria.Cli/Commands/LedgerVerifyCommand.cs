using System.CommandLine;
using Aria.Cli.Ledgers;
using Aria.Cli.Output;
using Aria.Ledger.Entries;
using Aria.Ledger.Verification;

namespace Aria.Cli.Commands;

/// <summary><c>aria ledger verify</c>: whether logs are what their nodes signed, from their bytes alone.</summary>
internal static class LedgerVerifyCommand
{
    private const int RootDigits = 16;

    public static Command Create(GlobalOptions globals)
    {
        LogSelection logs = new(manyNodes: true);
        Command command = new("verify", "Verify logs here, from their bytes: VALID exits 0, INVALID 4, INCONCLUSIVE 8");
        logs.AddTo(command);
        command.RunsInTime(globals, async scope =>
        {
            await using LedgerVisitor visitor = new(scope.Time);
            List<LogVerdictDocument> verdicts = [];
            Verdict worst = Verdict.Valid;
            foreach (ILogSource log in logs.Find(scope, LogSelection.All, visitor))
            {
                int records = 0;
                VerificationResult result = await log.VerifyAsync(
                    entry =>
                    {
                        records += entry.Kind == EntryKind.Record ? 1 : 0;
                        return PayloadRules.Check(entry);
                    },
                    scope.Stopping);
                worst = result.Verdict > worst ? result.Verdict : worst;
                LogVerdictDocument verdict = LogVerdictDocument.Of(log, result, records);
                verdicts.Add(verdict);
                Print(scope.Terminal, verdict, result.Verdict);
            }

            if (verdicts.Count > 1)
            {
                scope.Terminal.Line($" {scope.Terminal.Paint(Word(worst), InkOf(worst))}");
            }

            scope.Terminal.Document(new(LedgerVerifyDocument.SchemaName, RecordDocument.Word(worst), verdicts), CliJson.Documents.LedgerVerifyDocument);
            return ExitCodeOf(worst);
        });
        return command;
    }

    /// <summary>0, 4 or 8.</summary>
    public static int ExitCodeOf(Verdict verdict) => verdict switch
    {
        Verdict.Valid => ExitCode.Ok,
        Verdict.Invalid => ExitCode.CheckFailed,
        _ => ExitCode.Inconclusive,
    };

    public static Ink InkOf(Verdict verdict) => verdict switch { Verdict.Valid => Ink.Green, Verdict.Invalid => Ink.Red, _ => Ink.Yellow };

    public static string Word(Verdict verdict) => RecordDocument.Word(verdict).ToUpperInvariant();

    private static void Print(Terminal terminal, LogVerdictDocument log, Verdict verdict)
    {
        string root = log.Checkpoint is { } checkpoint ? $"checkpoint {checkpoint.Size}, root {checkpoint.Root[..RootDigits]}" : "no checkpoint";
        terminal.Line($" {log.Name,-10} {log.Entries} entries, {log.Records} records, {root}   {terminal.Paint(Word(verdict), InkOf(verdict))}   from {log.From}");
        foreach (LogFindingDocument finding in log.Findings)
        {
            terminal.Line($"   {finding.Verdict}: {finding.Subject}: {finding.Reason}");
        }

        if (log.MoreFindings > 0)
        {
            terminal.Line($"   and {log.MoreFindings} more");
        }
    }
}

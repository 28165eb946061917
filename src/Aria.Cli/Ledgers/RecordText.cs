using System.Globalization;
using Aria.Cli.Output;

namespace Aria.Cli.Ledgers;

/// <summary>A record for people, field by field.</summary>
internal static class RecordText
{
    public static void Print(Terminal terminal, RecordDocument record)
    {
        terminal.Line($" record       {record.Record}");
        terminal.Line($" job          {record.Job}");
        terminal.Line($" signed by    {record.Gateway.Name}  {record.Gateway.Node}");
        terminal.Line($" made         {record.Created.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)}   network {record.Network}   {record.NumericSpec}");
        terminal.Line($" model        {record.Model}");
        terminal.Line($" tokens       {record.PromptTokens} in, {record.CompletionTokens} out, ended by {record.Finish}");
        terminal.Line(string.Create(CultureInfo.InvariantCulture, $" time         first token {record.TtftMs:0.0} ms, all {record.TotalMs:0.0} ms   {record.Energy}"));
        terminal.Line($" prompt       commitment {record.PromptCommitment}");
        terminal.Line($" output       commitment {record.OutputCommitment}");
        foreach (AttemptDocument attempt in record.Attempts)
        {
            Print(terminal, attempt);
        }

        foreach (FindingDocument finding in record.Findings)
        {
            terminal.Line($" {terminal.Paint(finding.Weight, finding.Weight == "invalid" ? Ink.Red : Ink.Yellow)}: {finding.Text}");
        }

        Ink ink = record.Verdict switch { "valid" => Ink.Green, "invalid" => Ink.Red, _ => Ink.Yellow };
        terminal.Line($" {record.Signatures} signatures checked here: {terminal.Paint(record.Verdict.ToUpperInvariant(), ink)}");
    }

    private static void Print(Terminal terminal, AttemptDocument attempt)
    {
        string fault = attempt.Fault is null ? "" : $", ended early: {attempt.Fault}";
        terminal.Line($" attempt {attempt.Epoch}    positions {attempt.FirstPosition} to {attempt.FirstPosition + attempt.Positions - 1}{fault}");
        foreach (StageDocument stage in attempt.Stages)
        {
            string parts = $"{(stage.Embedding ? "E" : "")}{stage.Layers}{(stage.Head ? "H" : "")}";
            terminal.Line($"   stage {stage.Stage}    {stage.Party.Name,-8} {parts,-8} {(stage.Accepted ? "accepted" : "no acceptance")}, {Describe(stage.Receipt)}");
        }
    }

    private static string Describe(ReceiptDocument? receipt) => receipt is null
        ? "no receipt"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"receipt: {receipt.Positions} positions in {receipt.ComputeMs:0.0} ms, in {receipt.InRoot[..12]}, out {receipt.OutRoot[..12]}{(receipt.HeadRoot is { } head ? $", candidates {head[..12]}" : "")}");
}

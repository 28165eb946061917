using Aria.Cli.Output;

namespace Aria.Cli.Benchmarks.Reports;

/// <summary>A result on the terminal.</summary>
internal static class BenchTable
{
    public static void Print(Terminal terminal, BenchDocument document)
    {
        IReadOnlyList<string[]> rows = BenchColumns.Of(document);
        TextTable table = new([.. rows[0].Select(heading => heading.ToUpperInvariant())]);
        foreach (string[] row in rows.Skip(1))
        {
            table.Add(row);
        }

        table.Print(terminal);
        foreach (string remark in BenchColumns.Remarks(document))
        {
            terminal.Remark(remark);
        }
    }
}

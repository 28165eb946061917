using System.Text;

namespace Aria.Cli.Benchmarks.Reports;

/// <summary>A result as a Markdown page.</summary>
internal static class BenchMarkdown
{
    public static string Of(BenchDocument document)
    {
        IReadOnlyList<string[]> rows = BenchColumns.Of(document);
        StringBuilder page = new();
        page.Append($"# aria bench {document.Benchmark}\n\n");
        Line(page, rows[0]);
        Line(page, rows[0].Select((heading, column) => rows.Skip(1).All(row => row[column].Length == 0 || char.IsAsciiDigit(row[column][0])) ? "---:" : "---"));
        foreach (string[] row in rows.Skip(1))
        {
            Line(page, row);
        }

        page.Append('\n');
        foreach (string remark in BenchColumns.Remarks(document))
        {
            page.Append($"- {Escape(remark)}\n");
        }

        return page.ToString();
    }

    private static void Line(StringBuilder page, IEnumerable<string> cells) => page.Append($"| {string.Join(" | ", cells.Select(Escape))} |\n");

    // A model's name comes out of its file.
    private static string Escape(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).ReplaceLineEndings(" ");
}

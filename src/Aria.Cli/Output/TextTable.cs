using System.Text;

namespace Aria.Cli.Output;

/// <summary>Rows under a heading, columns as wide as their widest cell; the last column is not padded.</summary>
internal sealed class TextTable(params string[] heading)
{
    private readonly List<string[]> _rows = [heading];

    public void Add(params string[] cells)
    {
        if (cells.Length != heading.Length)
        {
            throw new ArgumentException($"{cells.Length} cells for {heading.Length} columns.", nameof(cells));
        }

        _rows.Add(cells);
    }

    public override string ToString()
    {
        int[] widths = [.. Enumerable.Range(0, heading.Length).Select(column => _rows.Max(row => row[column].Length))];
        StringBuilder text = new();
        foreach (string[] row in _rows)
        {
            StringBuilder line = new();
            for (int column = 0; column < row.Length; column++)
            {
                line.Append(' ').Append(column == row.Length - 1 ? row[column] : row[column].PadRight(widths[column] + 1));
            }

            text.Append(line.ToString().TrimEnd()).Append('\n');
        }

        return text.ToString().TrimEnd('\n');
    }

    public void Print(Terminal terminal) => terminal.Line(ToString());
}

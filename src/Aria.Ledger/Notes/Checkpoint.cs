using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Aria.Ledger.Notes;

/// <summary>A log's head: its origin, its size and the root of its tree (C2SP tlog-checkpoint). Extension lines are read and ignored, never written.</summary>
public sealed record Checkpoint(string Origin, long Size, Digest Root)
{
    /// <summary>The text to sign.</summary>
    public string ToText() => string.Create(CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Convert.ToBase64String(Root.Span)}\n");

    /// <summary>Reads a note's text.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Checkpoint? checkpoint)
    {
        checkpoint = null;
        string[] lines = text.Split('\n');
        byte[] root = new byte[Digest.Size];
        if (lines.Length < 4 || lines[^1].Length > 0 || lines.AsSpan()[..^1].Contains("") || !NoteKey.IsName(lines[0])
            || !long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out long size)
            || lines[1] != size.ToString(CultureInfo.InvariantCulture) || !Base64.TryDecode(lines[2], root))
        {
            return false;
        }

        checkpoint = new(lines[0], size, new(root));
        return true;
    }
}

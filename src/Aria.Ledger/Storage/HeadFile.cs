using Aria.Ledger.Notes;

namespace Aria.Ledger.Storage;

/// <summary>The newest checkpoint, outside the database and its directory: what the database must hold at the least (specs/ledger.md §6).</summary>
internal static class HeadFile
{
    public const string FileName = "head";

    /// <summary>The note's bytes; null if there is no file. Longer ones are cut at one byte over what a note may have.</summary>
    public static byte[]? Read(string headDirectory)
    {
        string path = Path.Combine(headDirectory, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] bytes = new byte[Math.Min(file.Length, SignedNote.MaxBytes + 1)];
        file.ReadExactly(bytes);
        return bytes;
    }

    public static void Write(string headDirectory, ReadOnlySpan<byte> note, Action? beforeRename = null) =>
        DurableFile.Replace(Path.Combine(headDirectory, FileName), note, beforeRename);
}

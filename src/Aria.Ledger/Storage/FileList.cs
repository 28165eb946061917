using System.Globalization;
using System.Text;

namespace Aria.Ledger.Storage;

/// <summary>
/// The file <c>files</c> beside the head, written whenever the log is opened: the process, and the digests of those files of the store that have no checksum
/// of their own and do not change while it is open. So every byte in a log's directories is covered by something (specs/ledger.md §6).
/// </summary>
internal static class FileList
{
    public const string FileName = "files";

    private const string ProcessWord = "process ";

    /// <summary>Lists what is there now.</summary>
    public static void Write(string directory, string headDirectory) =>
        DurableFile.Replace(Path.Combine(headDirectory, FileName), Render(Environment.ProcessId, directory));

    /// <summary>Whether the list covers a file of the store's directory.</summary>
    public static bool Covers(string name) => name.StartsWith("OPTIONS-", StringComparison.Ordinal);

    /// <summary>The process that last opened the log, if the list says so.</summary>
    public static int? Process(string headDirectory)
    {
        try
        {
            string first = File.ReadLines(Path.Combine(headDirectory, FileName)).FirstOrDefault() ?? "";
            return first.StartsWith(ProcessWord, StringComparison.Ordinal)
                && int.TryParse(first.AsSpan(ProcessWord.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                ? id
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Whether the list is the one that would be written of what is there now.</summary>
    public static bool Matches(string directory, string headDirectory) =>
        Process(headDirectory) is { } process
        && File.ReadAllBytes(Path.Combine(headDirectory, FileName)).AsSpan().SequenceEqual(Render(process, directory));

    // The process; SHA-256, length and name of each file, by name; SHA-256 of the lines above.
    private static byte[] Render(int process, string directory)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{ProcessWord}{process}\n");
        foreach (string path in Directory.EnumerateFiles(directory).Where(path => Covers(Path.GetFileName(path))).Order(StringComparer.Ordinal))
        {
            byte[] bytes = File.ReadAllBytes(path);
            text.Append(CultureInfo.InvariantCulture, $"{Digest.Of(bytes)} {bytes.Length} {Path.GetFileName(path)}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"{Digest.Of(Encoding.ASCII.GetBytes(text.ToString()))}\n");
        return Encoding.ASCII.GetBytes(text.ToString());
    }
}

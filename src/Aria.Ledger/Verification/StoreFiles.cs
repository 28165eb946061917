using System.Text;
using Aria.Ledger.Storage;

namespace Aria.Ledger.Verification;

/// <summary>
/// Holds every file of a log's two directories against what covers it (specs/ledger.md §6): records against their checksums, listed files against the list, and
/// nothing else may be there. Table files are left to RocksDB, which knows their checksums.
/// </summary>
internal static class StoreFiles
{
    /// <summary>What is wrong, file by file.</summary>
    public static IEnumerable<LedgerFinding> Check(string directory, string headDirectory)
    {
        string[] names = [.. Directory.EnumerateFileSystemEntries(directory).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
        string[] manifests = [.. names.Where(name => name.StartsWith("MANIFEST-", StringComparison.Ordinal))];
        foreach (string name in names)
        {
            string path = Path.Combine(directory, name);
            LedgerFinding? finding =
                name == "CURRENT" ? CheckCurrent(path, manifests)
                : name == "LOCK" ? CheckEmpty(path)
                : RecordFile.HasThisFormat(name) ? CheckRecords(path)
                : name.EndsWith(".sst", StringComparison.Ordinal) || FileList.Covers(name) ? null
                : Unknown(name);
            if (finding is not null)
            {
                yield return finding;
            }
        }

        foreach (string path in Directory.EnumerateFileSystemEntries(headDirectory).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(path);
            LedgerFinding? finding =
                name == OwnerLock.FileName ? CheckEmpty(path)
                : name is HeadFile.FileName or FileList.FileName ? null
                : Unknown(name);
            if (finding is not null)
            {
                yield return finding;
            }
        }

        if (!File.Exists(Path.Combine(headDirectory, FileList.FileName)))
        {
            yield return LedgerFinding.OfFile(Verdict.Inconclusive, FileList.FileName, "it is missing");
        }
        else if (!FileList.Matches(directory, headDirectory))
        {
            yield return LedgerFinding.OfFile(Verdict.Invalid, FileList.FileName, "the files that it lists are not those that are there");
        }
    }

    private static LedgerFinding? CheckCurrent(string path, string[] manifests) =>
        manifests.Length > 1 ? LedgerFinding.OfFile(Verdict.Inconclusive, "CURRENT", $"there are {manifests.Length} manifests, so a start was interrupted; start the node once")
        : manifests.Length == 1 && File.ReadAllBytes(path).AsSpan().SequenceEqual(Encoding.ASCII.GetBytes(manifests[0] + "\n")) ? null
        : LedgerFinding.OfFile(Verdict.Invalid, "CURRENT", "it does not name the manifest that is there");

    private static LedgerFinding? CheckEmpty(string path) =>
        new FileInfo(path).Length == 0 ? null : LedgerFinding.OfFile(Verdict.Invalid, Path.GetFileName(path), "it is not empty");

    private static LedgerFinding? CheckRecords(string path)
    {
        using FileStream file = RecordFile.OpenRead(path);
        return RecordFile.Check(file) switch
        {
            (RecordFile.Ending.Damaged, var offset) => LedgerFinding.OfFile(Verdict.Invalid, Path.GetFileName(path), $"it is damaged: a checksum is wrong at byte {offset}"),
            (RecordFile.Ending.Torn, var offset) => LedgerFinding.OfFile(Verdict.Inconclusive, Path.GetFileName(path), $"its last record, at byte {offset}, is cut off"),
            _ => null,
        };
    }

    private static LedgerFinding Unknown(string name) => LedgerFinding.OfFile(Verdict.Inconclusive, name, "no log writes a file of this name, so nothing tells whether it is what it was");
}

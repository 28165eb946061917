using System.Buffers.Binary;
using Aria.Ledger.Storage;

namespace Aria.Ledger.Verification;

/// <summary>Verifies a log's directories, read-only, also beside the process that appends to it.</summary>
internal static class DirectoryVerification
{
    // A process that appends moves files under the reader: a look that found something while they moved is taken again.
    // So is one that found nothing worse than a table that the store does not know: it may be about to, or about to remove one that it
    // merged into another. On a busy disk that takes a while, so the pauses double: three seconds in all.
    private const int MaxLooks = 7;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    public static VerificationResult Run(string directory, string headDirectory, NodeId? expected, PayloadCheck? payloadCheck)
    {
        for (int look = 1; ; look++)
        {
            string before = Listing(directory, headDirectory);
            VerificationResult result = Look(directory, headDirectory, expected, payloadCheck);
            if (!IsWorthAnother(look, result.Findings, before, directory, headDirectory))
            {
                return result;
            }
        }
    }

    /// <summary>The files alone: what is wrong with them on disk.</summary>
    public static IReadOnlyList<LedgerFinding> InspectFiles(string directory, string headDirectory)
    {
        for (int look = 1; ; look++)
        {
            string before = Listing(directory, headDirectory);
            LedgerFinding[] findings = LookAtFiles(directory, headDirectory);
            if (!IsWorthAnother(look, findings, before, directory, headDirectory))
            {
                return findings;
            }
        }
    }

    private static bool IsWorthAnother(int look, IReadOnlyList<LedgerFinding> findings, string before, string directory, string headDirectory)
    {
        if (findings.Count == 0 || look == MaxLooks)
        {
            return false;
        }

        if (Listing(directory, headDirectory) != before)
        {
            return true;
        }

        bool unknownTables = findings.All(finding => finding.Verdict == Verdict.Inconclusive && finding.Subject.EndsWith(".sst", StringComparison.Ordinal));
        if (unknownTables)
        {
            Thread.Sleep(FirstPause * (1 << (look - 1)));
        }

        return unknownTables;
    }

    private static LedgerFinding[] LookAtFiles(string directory, string headDirectory)
    {
        try
        {
            using RocksStore store = RocksStore.OpenReadOnly(directory);
            return [.. StoreFiles.Check(directory, headDirectory), .. CheckTables(store, directory)];
        }
        catch (LedgerStoreException e)
        {
            return [new LedgerFinding(Verdict.Invalid, null, "store", $"it cannot be read: {e.Message}")];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [new LedgerFinding(Verdict.Inconclusive, null, "store", $"it cannot be read: {e.Message}")];
        }
    }

    private static VerificationResult Look(string directory, string headDirectory, NodeId? expected, PayloadCheck? payloadCheck)
    {
        if (!Directory.Exists(directory) || !Directory.Exists(headDirectory))
        {
            LedgerVerifier nothing = new(null, expected, payloadCheck);
            nothing.Add(new LedgerFinding(Verdict.Inconclusive, null, "ledger", $"there is no directory {(Directory.Exists(directory) ? headDirectory : directory)}"));
            return nothing.Complete();
        }

        LedgerVerifier? verifier = null;
        try
        {
            verifier = new(HeadFile.Read(headDirectory) is { } note ? note : default(ReadOnlyMemory<byte>?), expected, payloadCheck);
            foreach (LedgerFinding finding in StoreFiles.Check(directory, headDirectory))
            {
                verifier.Add(finding);
            }

            using RocksStore store = RocksStore.OpenReadOnly(directory);
            foreach (LedgerFinding finding in CheckTables(store, directory))
            {
                verifier.Add(finding);
            }

            CheckEntries(store, verifier);
            CheckIndex(store, verifier);
        }
        catch (LedgerStoreException e)
        {
            verifier!.Add(new LedgerFinding(Verdict.Invalid, null, "store", $"it cannot be read: {e.Message}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            verifier ??= new(null, expected, payloadCheck);
            verifier.Add(new LedgerFinding(Verdict.Inconclusive, null, "store", $"it cannot be read: {e.Message}"));
        }

        return verifier.Complete();
    }

    private static IEnumerable<LedgerFinding> CheckTables(RocksStore store, string directory)
    {
        IReadOnlySet<string> tables = store.Tables();
        foreach (string name in Directory.EnumerateFiles(directory, "*.sst").Select(path => Path.GetFileName(path)!).Where(name => !tables.Contains(name)).Order(StringComparer.Ordinal))
        {
            yield return LedgerFinding.OfFile(Verdict.Inconclusive, name, "the store does not know this table, so an appending was interrupted; start the node once");
        }

        if (store.DamagedTable() is { } damage)
        {
            yield return new(Verdict.Invalid, null, "store", $"a table is damaged: {damage}");
        }
    }

    private static void CheckEntries(RocksStore store, LedgerVerifier verifier)
    {
        foreach ((byte[] key, byte[] value) in store.AllEntries())
        {
            if (key.Length != sizeof(long))
            {
                verifier.Add(new LedgerFinding(Verdict.Invalid, null, "store", $"it holds something under the key {Convert.ToHexStringLower(key)}, which is no entry's"));
                continue;
            }

            long sequence = BinaryPrimitives.ReadInt64BigEndian(key);
            if (sequence != verifier.Count)
            {
                verifier.Add(LedgerFinding.OfEntry(Verdict.Inconclusive, verifier.Count, "it is missing"));
                return;
            }

            verifier.Add(value);
        }
    }

    private static void CheckIndex(RocksStore store, LedgerVerifier verifier)
    {
        long right = 0;
        foreach ((byte[] key, byte[] value) in store.WholeIndex())
        {
            if (IndexEntry.TryRead(key, value, out Digest payload, out long sequence) && verifier.Payloads.TryGetValue(payload, out long actual) && actual == sequence)
            {
                right++;
            }
            else
            {
                verifier.Add(new LedgerFinding(Verdict.Invalid, null, "index", $"it says of the payload {Convert.ToHexStringLower(key)} what the entries do not"));
            }
        }

        if (right < verifier.Payloads.Count)
        {
            verifier.Add(new LedgerFinding(Verdict.Invalid, null, "index", $"it knows {right} of {verifier.Payloads.Count} payloads"));
        }
    }

    // Names, lengths and times of change: not a proof of rest, only a reason to look again.
    private static string Listing(string directory, string headDirectory) => string.Join('\n', Files(directory).Concat(Files(headDirectory)));

    private static IEnumerable<string> Files(string directory) =>
        Directory.Exists(directory)
            ? new DirectoryInfo(directory).EnumerateFiles().OrderBy(file => file.Name, StringComparer.Ordinal).Select(Describe)
            : [];

    private static string Describe(FileInfo file)
    {
        try
        {
            return $"{file.Name} {file.Length} {file.LastWriteTimeUtc.Ticks}";
        }
        catch (IOException)
        {
            return file.Name;       // removed since it was listed
        }
    }
}

using System.Buffers.Binary;
using Aria.Ledger.Entries;
using Aria.Ledger.Notes;
using Aria.Ledger.Storage;
using Aria.Wire.Merkle;

namespace Aria.Ledger.Appending;

/// <summary>
/// Looks at a log's directories read-only before anything is signed or opened for writing (specs/ledger.md §6): the database must hold what the head
/// file says was acknowledged, and be this node's.
/// </summary>
internal sealed class Preflight
{
    private const string Mend = "Nothing was changed. Put the directories back from a copy, or move both away and begin a new log under the next epoch.";

    private readonly Dictionary<Digest, long> _wrongOrMissing = [];
    private readonly List<byte[]> _stray = [];

    private Preflight()
    {
    }

    /// <summary>Where the log stands.</summary>
    public EntryChain Chain { get; } = new();

    /// <summary>The same tree once more, for the writer's second path.</summary>
    public MerkleRange Tree { get; } = new();

    /// <summary>The head file's checkpoint; null for a log that is yet to begin.</summary>
    public LedgerHead? Head { get; private set; }

    /// <summary>Whether the index must be set right.</summary>
    public bool IndexIsWrong => _wrongOrMissing.Count > 0 || _stray.Count > 0;

    /// <exception cref="LedgerRefusedException">The log must not be opened.</exception>
    public static Preflight Run(LedgerOptions options, NodeId identity, string origin, NodeId logKey, CancellationToken cancellationToken)
    {
        Preflight preflight = new();
        try
        {
            preflight.ReadHead(options, new(origin, logKey));
            if (preflight.Head is { Size: > 0 } || HasData(options.Directory))
            {
                preflight.ReadStore(options, identity, origin, logKey, cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LedgerRefusedException($"The ledger in {options.Directory} cannot be read: {e.Message.TrimEnd('.')}.", Mend, e);
        }

        return preflight;
    }

    /// <summary>Sets the index right, from the entries.</summary>
    public void MendIndex(RocksStore store) => store.WriteIndex(_wrongOrMissing.Select(pair => (pair.Key, pair.Value)), _stray);

    // A database without a table and without a byte in its log holds no entry.
    private static bool HasData(string directory) =>
        Directory.Exists(directory)
        && new DirectoryInfo(directory).EnumerateFiles().Any(file => file.Extension is ".sst" || (file.Extension is ".log" && file.Length > 0));

    private static LedgerRefusedException Refused(string problem) => new(problem, Mend);

    private void ReadHead(LedgerOptions options, NoteKey noteKey)
    {
        string path = Path.Combine(options.HeadDirectory, HeadFile.FileName);
        if (HeadFile.Read(options.HeadDirectory) is not { } bytes)
        {
            if (HasData(options.Directory))
            {
                throw Refused($"The ledger in {options.Directory} has no head: {path} is missing, so nothing tells what it must hold.");
            }

            return;
        }

        if (!SignedNote.TryParse(bytes, out SignedNote? note) || !Checkpoint.TryParse(note.Text, out Checkpoint? checkpoint))
        {
            throw Refused($"The ledger's head {path} is damaged: it is not a checkpoint note.");
        }

        if (checkpoint.Origin != noteKey.Name)
        {
            throw new LedgerRefusedException(
                $"The ledger's head {path} is that of {checkpoint.Origin}, not of {noteKey.Name}.",
                "Nothing was changed. Start the node with the identity, network and epoch that this ledger was begun with, or give it another data directory.");
        }

        if (!note.IsSignedBy(noteKey))
        {
            throw Refused($"The ledger's head {path} is damaged or forged: its signature is not this node's.");
        }

        Head = new(checkpoint, bytes);
    }

    private void ReadStore(LedgerOptions options, NodeId identity, string origin, NodeId logKey, CancellationToken cancellationToken)
    {
        using RocksStore store = RocksStore.OpenReadOnly(options.Directory);
        foreach ((byte[] key, byte[] value) in store.AllEntries())
        {
            cancellationToken.ThrowIfCancellationRequested();
            long sequence = Chain.Count;
            if (key.Length != sizeof(long) || BinaryPrimitives.ReadInt64BigEndian(key) != sequence)
            {
                throw Refused($"The ledger in {options.Directory} has no entry {sequence}, but something under the key {Convert.ToHexStringLower(key)}.");
            }

            // Entries that the head covers are proven by its root; those behind it by their signatures.
            EntryStatus status = LedgerEntry.TryDecode(value, out LedgerEntry? entry);
            string? problem =
                entry is null ? $"it cannot be read ({status})"
                : Chain.Refuse(entry) is { } reason ? reason
                : sequence == 0 && ManifestProblem(entry, identity, origin, logKey) is { } wrong ? wrong
                : (sequence == 0 || sequence >= Head!.Size) && !entry.VerifySignature(logKey) ? "its signature is not the log key's"
                : null;
            if (problem is not null)
            {
                throw Refused($"Entry {sequence} of the ledger in {options.Directory} is not what was written: {problem}.");
            }

            Chain.Append(entry!);
            Tree.Append(entry!.LeafHash);
            _wrongOrMissing[entry.PayloadDigest] = sequence;
            if (Chain.Count == Head!.Size && Chain.Root != Head.Root)
            {
                throw Refused($"The first {Head.Size} entries of the ledger in {options.Directory} are not those that were acknowledged: their root is not that of its head.");
            }
        }

        if (Chain.Count < Head!.Size)
        {
            throw Refused($"The ledger in {options.Directory} holds {Chain.Count} entries, but its head says that {Head.Size} were acknowledged.");
        }

        ReadIndex(store);
    }

    private void ReadIndex(RocksStore store)
    {
        foreach ((byte[] key, byte[] value) in store.WholeIndex())
        {
            if (!IndexEntry.TryRead(key, value, out Digest payload, out long sequence) || !_wrongOrMissing.TryGetValue(payload, out long actual))
            {
                _stray.Add(key);
            }
            else if (actual == sequence)
            {
                _wrongOrMissing.Remove(payload);
            }
        }
    }

    private static string? ManifestProblem(LedgerEntry entry, NodeId identity, string origin, NodeId logKey) =>
        NodeManifest.TryDecode(entry.Payload, out NodeManifest? manifest, out string? problem) != EntryStatus.Done || manifest is null ? "it carries no manifest"
        : problem is not null ? problem
        : manifest.Identity != identity ? $"this is the ledger of {manifest.Identity}, not of {identity}"
        : manifest.Origin != origin ? $"this is the ledger {manifest.Origin}, not {origin}"
        : manifest.LogKey != logKey ? "it names another log key"
        : null;
}

using Aria.Wire.Merkle;

namespace Aria.Ledger.Entries;

/// <summary>Where a log stands after the entries seen so far, and what the next one must look like (specs/ledger.md §3). Signatures are checked elsewhere.</summary>
internal sealed class EntryChain
{
    private readonly MerkleRange _tree = new();

    /// <summary>Entries seen.</summary>
    public long Count => _tree.Count;

    /// <summary>Root over their leaf hashes.</summary>
    public Digest Root => _tree.Root;

    /// <summary>Leaf hash of the last one; zeros before the first.</summary>
    public Digest Previous { get; private set; }

    /// <summary>Time of the last one that could be read; −1 before the first.</summary>
    public long UnixMilliseconds { get; private set; } = -1;

    /// <summary>Why <paramref name="entry"/> cannot be the next one, or null.</summary>
    public string? Refuse(LedgerEntry entry) =>
        entry.Sequence != Count ? $"it says that it is entry {entry.Sequence}"
        : entry.Previous != Previous ? Count == 0 ? "its link is not 32 zero bytes" : $"its link is not the hash of entry {Count - 1}"
        : entry.UnixMilliseconds <= UnixMilliseconds ? $"its time, {entry.UnixMilliseconds}, is not after that of entry {Count - 1}, {UnixMilliseconds}"
        : (entry.Kind == EntryKind.Manifest) != (Count == 0) ? "a manifest is entry 0 and no other"
        : null;

    /// <summary>Goes one entry on.</summary>
    public void Append(LedgerEntry entry)
    {
        UnixMilliseconds = entry.UnixMilliseconds;
        AppendUnreadable(entry.LeafHash);
    }

    /// <summary>Goes one entry on, past bytes that are no entry, so that a verifier can look at those behind them.</summary>
    public void AppendUnreadable(Digest leafHash)
    {
        Previous = leafHash;
        _tree.Append(leafHash);
    }
}

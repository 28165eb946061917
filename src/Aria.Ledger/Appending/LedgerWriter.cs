using Aria.Ledger.Entries;
using Aria.Ledger.Notes;
using Aria.Ledger.Storage;
using Aria.Wire.Merkle;

namespace Aria.Ledger.Appending;

/// <summary>
/// Writes groups of entries, one after the other (specs/ledger.md §6): sign, write and sync, read back, recompute, sign the head, replace the head file. One caller at
/// a time; after an exception it is in no state to go on.
/// </summary>
internal sealed class LedgerWriter(
    RocksStore store, string headDirectory, string origin, LedgerKeys keys, EntryChain chain, MerkleRange reread, TimeProvider time, Action<CommitStep>? reached)
{
    private readonly NoteKey _noteKey = new(origin, keys.Log.Id);

    /// <summary>Appends payloads that the log does not hold; returns their entries and the head that covers them.</summary>
    public (IReadOnlyList<LedgerEntry> Entries, LedgerHead Head) Append(IReadOnlyList<(EntryKind Kind, ReadOnlyMemory<byte> Payload)> payloads)
    {
        long first = chain.Count;
        List<LedgerEntry> entries = new(payloads.Count);
        foreach ((EntryKind kind, ReadOnlyMemory<byte> payload) in payloads)
        {
            long now = Math.Max(chain.UnixMilliseconds + 1, time.GetUtcNow().ToUnixTimeMilliseconds());     // a clock that was set back does not turn the log back
            LedgerEntry entry = LedgerEntry.Seal(keys.Log, chain.Count, chain.Previous, now, kind, payload);
            chain.Append(entry);
            entries.Add(entry);
        }

        reached?.Invoke(CommitStep.Signed);
        store.Write(entries.Select(entry => (entry.Sequence, entry.Bytes, entry.PayloadDigest)));
        reached?.Invoke(CommitStep.Written);
        for (long sequence = first; sequence < chain.Count; sequence++)
        {
            byte[] bytes = store.Entry(sequence) ?? throw new LedgerStoreException($"Entry {sequence} was written and is not there.");
            reread.Append(MerkleHash.Leaf(bytes));
        }

        return (entries, WriteHead());
    }

    /// <summary>Signs a head over all entries and puts it in place.</summary>
    public LedgerHead WriteHead()
    {
        if (reread.Root != chain.Root || reread.Count != chain.Count)
        {
            throw new LedgerStoreException($"The entries read back do not give the root of those written, before entry {chain.Count}.");
        }

        Checkpoint checkpoint = new(origin, chain.Count, reread.Root);
        SignedNote note = SignedNote.Sign(checkpoint.ToText(), _noteKey, keys.Log);
        byte[] bytes = note.Encode();
        if (!SignedNote.TryParse(bytes, out SignedNote? parsed) || !parsed.IsSignedBy(_noteKey))
        {
            throw new LedgerStoreException("The head that was just signed does not verify.");
        }

        reached?.Invoke(CommitStep.HeadSigned);
        HeadFile.Write(headDirectory, bytes, () => reached?.Invoke(CommitStep.HeadStaged));
        reached?.Invoke(CommitStep.HeadWritten);
        return new(checkpoint, bytes);
    }
}

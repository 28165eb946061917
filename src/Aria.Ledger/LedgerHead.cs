using Aria.Ledger.Notes;

namespace Aria.Ledger;

/// <summary>A log's newest checkpoint and the signed note that states it.</summary>
public sealed record LedgerHead(Checkpoint Checkpoint, ReadOnlyMemory<byte> Note)
{
    /// <summary>Entries that it covers.</summary>
    public long Size => Checkpoint.Size;

    /// <summary>Root over them.</summary>
    public Digest Root => Checkpoint.Root;
}

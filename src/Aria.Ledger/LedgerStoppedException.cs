namespace Aria.Ledger;

/// <summary>
/// The log takes no more entries since its disk failed it once. What it acknowledged is safe; whether the entry that failed was written is known after a restart, and
/// appending it again then is harmless.
/// </summary>
public sealed class LedgerStoppedException(long size, Exception cause) : Exception(
    $"The ledger stopped after entry {size - 1}: {cause.Message.TrimEnd('.')}. Every acknowledged entry is safe. Mend the disk, restart the node, and append again what failed.", cause);

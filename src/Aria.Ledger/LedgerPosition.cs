namespace Aria.Ledger;

/// <summary>Where a payload stands in a log.</summary>
public readonly record struct LedgerPosition(long Sequence, Digest LeafHash);

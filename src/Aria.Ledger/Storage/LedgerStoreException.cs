namespace Aria.Ledger.Storage;

/// <summary>The disk or the database under the log did not do what it was asked to, or holds what no log wrote.</summary>
public sealed class LedgerStoreException(string message) : IOException(message);

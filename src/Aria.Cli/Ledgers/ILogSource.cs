using Aria.Ledger.Entries;
using Aria.Ledger.Verification;

namespace Aria.Cli.Ledgers;

/// <summary>A node's log, wherever its bytes come from. Nothing is taken on the source's word.</summary>
internal interface ILogSource
{
    /// <summary>What people call the log's node.</summary>
    string Name { get; }

    /// <summary>Where the bytes come from, for people.</summary>
    string Origin { get; }

    /// <summary>Verifies the whole log.</summary>
    Task<VerificationResult> VerifyAsync(PayloadCheck check, CancellationToken cancellationToken);

    /// <summary>Its entries, the newest first.</summary>
    IAsyncEnumerable<LedgerEntry> NewestFirstAsync(CancellationToken cancellationToken);
}

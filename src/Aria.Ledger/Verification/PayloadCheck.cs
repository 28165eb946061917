using Aria.Ledger.Entries;

namespace Aria.Ledger.Verification;

/// <summary>The caller's check of what an entry carries: what is wrong with it or could not be checked, nothing if all holds. The log itself decodes no payload.</summary>
public delegate IEnumerable<PayloadFinding> PayloadCheck(LedgerEntry entry);

/// <summary>What a <see cref="PayloadCheck"/> found.</summary>
public readonly record struct PayloadFinding(Verdict Verdict, string Reason);

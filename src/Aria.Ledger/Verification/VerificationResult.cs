using System.Collections.Immutable;
using Aria.Ledger.Entries;
using Aria.Ledger.Notes;

namespace Aria.Ledger.Verification;

/// <summary>What a verification came to.</summary>
public sealed record VerificationResult
{
    /// <summary>The worst of the findings; valid if there is none.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>Entries looked at.</summary>
    public required long Entries { get; init; }

    /// <summary>The log's manifest, if it could be read.</summary>
    public NodeManifest? Manifest { get; init; }

    /// <summary>The checkpoint that the entries were held against, if it could be read.</summary>
    public Checkpoint? Checkpoint { get; init; }

    /// <summary>Findings in the order of the entries; at most <see cref="LedgerVerifier.MaxFindings"/>.</summary>
    public required ImmutableArray<LedgerFinding> Findings { get; init; }

    /// <summary>Findings there were beyond those listed.</summary>
    public long MoreFindings { get; init; }
}

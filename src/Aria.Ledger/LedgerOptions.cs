namespace Aria.Ledger;

/// <summary>Where a node's log lies and what its manifest says when it begins.</summary>
public sealed record LedgerOptions
{
    /// <summary>The database's directory.</summary>
    public required string Directory { get; init; }

    /// <summary>The directory of the head file: not the database's, nor one below it.</summary>
    public required string HeadDirectory { get; init; }

    /// <summary>The network: 1 to 64 ASCII letters, digits, dots, hyphens and underscores.</summary>
    public required string NetworkId { get; init; }

    /// <summary>What writes the log: name/version, at most 64 bytes.</summary>
    public required string Software { get; init; }

    /// <summary>Which of the node's logs this is, from 1. A new one has new directories.</summary>
    public int Epoch { get; init; } = 1;

    /// <summary>SHA-256 of the last checkpoint note of the epoch before; null in the first.</summary>
    public Digest? PreviousCheckpoint { get; init; }
}

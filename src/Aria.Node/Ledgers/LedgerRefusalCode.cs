namespace Aria.Node.Ledgers;

/// <summary>Why a ledger request is not answered. The numbers stand on the wire.</summary>
public enum LedgerRefusalCode
{
    /// <summary>The request cannot be read.</summary>
    Malformed = 1,

    /// <summary>The node keeps no such trace, or keeps it no more.</summary>
    NotFound = 2,

    /// <summary>The log's files are not what was written: it does not vouch for them.</summary>
    Damaged = 3,

    /// <summary>The disk does not answer.</summary>
    Unavailable = 4,
}

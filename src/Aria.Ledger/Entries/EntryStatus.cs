namespace Aria.Ledger.Entries;

/// <summary>What became of reading an entry or a manifest.</summary>
public enum EntryStatus
{
    /// <summary>It was read.</summary>
    Done,

    /// <summary>It has more bytes than one may have.</summary>
    TooLong,

    /// <summary>It is not spelled as the specification spells it.</summary>
    NotCanonical,

    /// <summary>It has a version that this reader does not know.</summary>
    UnknownVersion,
}

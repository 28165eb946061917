namespace Aria.Ledger.Appending;

/// <summary>The points of a commit between which a process or a disk may fail; tests make it fail there.</summary>
internal enum CommitStep
{
    /// <summary>Entries are signed, nothing is written.</summary>
    Signed,

    /// <summary>The entries are on disk.</summary>
    Written,

    /// <summary>They were read back and the new head is signed.</summary>
    HeadSigned,

    /// <summary>The new head is on disk under its temporary name.</summary>
    HeadStaged,

    /// <summary>The new head is in place; nobody was told.</summary>
    HeadWritten,
}

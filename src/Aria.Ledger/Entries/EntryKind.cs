namespace Aria.Ledger.Entries;

/// <summary>What an entry's payload is. The log carries any kind; what it means is its reader's concern.</summary>
public enum EntryKind : ushort
{
    /// <summary>The node's manifest: entry 0 and no other.</summary>
    Manifest = 0,

    /// <summary>A signed inference record.</summary>
    Record = 1,

    /// <summary>A stage's own signed receipt for a job whose record never came.</summary>
    JobFailed = 2,

    /// <summary>Reserved: another log's checkpoint.</summary>
    PeerCheckpoint = 3,

    /// <summary>Reserved: a reading of the energy counter over a span of time.</summary>
    EnergyWindow = 4,

    /// <summary>Reserved: an auditor's verdict.</summary>
    Audit = 5,

    /// <summary>Reserved: a proof that a node broke a rule.</summary>
    Misbehaviour = 6,

    /// <summary>Reserved: a change of keys.</summary>
    KeyRotation = 7,

    /// <summary>Reserved: the log's last entry.</summary>
    Close = 8,
}

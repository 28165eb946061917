namespace Aria.Pipeline.Control;

/// <summary>Why a stage refused to open a session, or to log a record (specs/pipeline.md §2).</summary>
public enum RefusalCode
{
    /// <summary>The message or the plan cannot be read, or the message was out of place.</summary>
    Malformed = 1,

    /// <summary>The plan is not signed by its gateway, or its gateway is not the peer at the other end.</summary>
    BadSignature = 2,

    /// <summary>Another network.</summary>
    WrongNetwork = 3,

    /// <summary>The stage index names another node, or the stages do not follow one another from embedding to head.</summary>
    NotInPlan = 4,

    /// <summary>The node does not serve that model.</summary>
    UnknownModel = 5,

    /// <summary>The node computes by another numeric specification.</summary>
    NumericSpec = 6,

    /// <summary>The node does not serve those layers or units.</summary>
    NotServed = 7,

    /// <summary>As many sessions as the node allows are open, or their key-value caches fill the room.</summary>
    Busy = 8,

    /// <summary>More positions than the model's context or the node's room allows to any session.</summary>
    TooLong = 9,

    /// <summary>The deadline has passed or lies too far ahead.</summary>
    Deadline = 10,

    /// <summary>A session of that name exists.</summary>
    Duplicate = 11,

    /// <summary>The record does not hold this stage's own receipt unchanged.</summary>
    BadRecord = 12,

    /// <summary>The record could not be written to the log.</summary>
    NotLogged = 13,
}

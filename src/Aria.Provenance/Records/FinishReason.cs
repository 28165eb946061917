namespace Aria.Provenance.Records;

/// <summary>Why a job ended. The numbers stand on the wire.</summary>
public enum FinishReason
{
    /// <summary>An end token or a stop string.</summary>
    Stop = 0,

    /// <summary>The asked-for number of tokens.</summary>
    Length = 1,

    /// <summary>The client went away.</summary>
    Cancelled = 2,

    /// <summary>No plan was left that covers the model, or the deadline passed.</summary>
    Failed = 3,
}

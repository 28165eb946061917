namespace Aria.Pipeline.Control;

/// <summary>Why a stage gave up a session (specs/pipeline.md §2).</summary>
public enum FaultCode
{
    /// <summary>An error of the stage's own.</summary>
    Internal = 1,

    /// <summary>Its layers produced NaN or an infinity.</summary>
    NonFinite = 2,

    /// <summary>The stream from its predecessor broke.</summary>
    PredecessorLost = 3,

    /// <summary>Its successor cannot be reached, or the stream to it broke.</summary>
    SuccessorLost = 4,

    /// <summary>Its predecessor sent a frame that does not fit the session.</summary>
    BadInput = 5,

    /// <summary>The plan's deadline passed.</summary>
    Deadline = 6,

    /// <summary>The node is going down.</summary>
    ShuttingDown = 7,
}

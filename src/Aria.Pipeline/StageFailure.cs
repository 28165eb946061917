using Aria.Pipeline.Control;

namespace Aria.Pipeline;

/// <summary>How a stage failed its gateway.</summary>
public enum StageFailureKind
{
    /// <summary>No connection, no answer in time, or an answer that is none.</summary>
    Unreachable,

    /// <summary>It refused its part; <see cref="StageFailure.Refusal"/> says why.</summary>
    Refused,

    /// <summary>Its control stream ended: the connection is lost, or its node is gone.</summary>
    Disconnected,

    /// <summary>It gave up, or a neighbour says that it is gone; <see cref="StageFailure.Fault"/> says why.</summary>
    Faulted,

    /// <summary>Its step did not come in time.</summary>
    TimedOut,
}

/// <summary>A stage that is taken as lost to an attempt (specs/pipeline.md §4).</summary>
/// <param name="Stage">Index in the plan.</param>
/// <param name="Node">Its node.</param>
/// <param name="Kind">How.</param>
/// <param name="Text">For people: may quote the stage.</param>
/// <param name="Refusal">For <see cref="StageFailureKind.Refused"/>.</param>
/// <param name="Fault">The reported fault; where it is about a neighbour, that of the one who reported it.</param>
public sealed record StageFailure(int Stage, NodeId Node, StageFailureKind Kind, string Text, RefusalCode? Refusal = null, FaultCode? Fault = null)
{
    /// <summary><c>stage 1 (9f86d081): Disconnected, the connection is gone</c></summary>
    public override string ToString() => $"stage {Stage} ({Node.ToString()[..8]}): {Kind}, {Text}";
}

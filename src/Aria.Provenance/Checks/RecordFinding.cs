namespace Aria.Provenance.Checks;

/// <summary>How much a finding weighs.</summary>
public enum FindingWeight
{
    /// <summary>Something to know; the record holds.</summary>
    Fact = 0,

    /// <summary>Something is missing; what it would have shown is open.</summary>
    Gap = 1,

    /// <summary>The record contradicts itself or a signature.</summary>
    Violation = 2,
}

/// <summary>Everything that <see cref="RecordCheck"/> can find (specs/provenance.md §10).</summary>
public enum RecordFindingKind
{
    /// <summary>The record's bytes are longer than allowed.</summary>
    TooLong,

    /// <summary>The record's bytes are not the one spelling.</summary>
    NotCanonical,

    /// <summary>A version that this check does not know.</summary>
    UnknownVersion,

    /// <summary>The record's signature is not the gateway's.</summary>
    RecordSignature,

    /// <summary>Epochs do not rise.</summary>
    EpochOrder,

    /// <summary>A plan cannot be read.</summary>
    PlanUnreadable,

    /// <summary>A plan's signature is not the gateway's.</summary>
    PlanSignature,

    /// <summary>A plan speaks of another job, network, model, gateway or prompt than the record, or has another sampling or key than the plan before.</summary>
    PlanMismatch,

    /// <summary>A plan's stages do not cover the model exactly.</summary>
    Cover,

    /// <summary>An attempt does not hold one place for each stage's acceptance and receipt.</summary>
    StageCount,

    /// <summary>An acceptance is not the planned node's.</summary>
    AcceptanceSignature,

    /// <summary>A stage did not accept its plan in writing.</summary>
    AcceptanceMissing,

    /// <summary>A receipt cannot be read.</summary>
    ReceiptUnreadable,

    /// <summary>A receipt's signature is not its node's.</summary>
    ReceiptSignature,

    /// <summary>A receipt is for another job, epoch, plan, stage or node.</summary>
    ReceiptMismatch,

    /// <summary>A stage left no receipt.</summary>
    ReceiptMissing,

    /// <summary>A receipt's positions are not the attempt's.</summary>
    Positions,

    /// <summary>A receipt's head positions are not those that the plan asked for.</summary>
    HeadPositions,

    /// <summary>What one stage signed as its output is not what the next signed as its input.</summary>
    Link,

    /// <summary>Two neighbours signed different numbers of positions of a failed attempt, so that their link cannot be compared.</summary>
    LinkOpen,

    /// <summary>An attempt ended early.</summary>
    AttemptFailed,

    /// <summary>Token counts, positions and the reason for the end do not fit each other.</summary>
    Counts,

    /// <summary>Times contradict each other.</summary>
    Timing,

    /// <summary>The record's energy is not the sum of its receipts'.</summary>
    Energy,
}

/// <summary>One thing found, and where.</summary>
/// <param name="Kind">What.</param>
/// <param name="Weight">How much it weighs.</param>
/// <param name="Epoch">The attempt's epoch, where it belongs to one.</param>
/// <param name="Stage">The stage's index, where it belongs to one.</param>
/// <param name="Node">The node, where it belongs to one.</param>
/// <param name="Text">A sentence for people.</param>
public sealed record RecordFinding(RecordFindingKind Kind, FindingWeight Weight, int? Epoch, int? Stage, NodeId? Node, string Text)
{
    /// <summary>The other node, where two contradict each other and one of them lies.</summary>
    public NodeId? Other { get; init; }
}

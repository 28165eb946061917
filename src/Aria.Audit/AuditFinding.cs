namespace Aria.Audit;

/// <summary>What an audit can find (specs/audit.md §3).</summary>
public enum AuditFindingKind
{
    /// <summary>The record's own check found something (specs/provenance.md §10).</summary>
    Record,

    /// <summary>The auditor's model or numeric rules are not the record's.</summary>
    OtherModel,

    /// <summary>The opening is not this record's: it is refused.</summary>
    OpeningRefused,

    /// <summary>The first stage signed other tokens as its input than the opening holds.</summary>
    OtherTokens,

    /// <summary>A stage signed an output that does not follow from the input it signed.</summary>
    StageWrong,

    /// <summary>A stage signed an input that the replay does not give, so that its output cannot be judged.</summary>
    NotJudged,

    /// <summary>The trace that would tell the layer is missing, or is not the one that the receipt commits to.</summary>
    NoTrace,

    /// <summary>The gateway chose another token than the sampler chooses from the candidates.</summary>
    TokenWrong,

    /// <summary>The replay itself gave NaN or an infinity, so nothing could have been computed from there on.</summary>
    NotFinite,
}

/// <summary>One thing that an audit found, and where.</summary>
/// <param name="Kind">What.</param>
/// <param name="Verdict">What it makes of the audit at the least; valid for what is only worth knowing.</param>
/// <param name="Epoch">The attempt.</param>
/// <param name="Stage">The stage's index in it.</param>
/// <param name="Node">Who signed what is wrong.</param>
/// <param name="Layer">The first wrong layer; null where it is not known, or for the head.</param>
/// <param name="Head">Whether the head is what is wrong, behind right layers.</param>
/// <param name="Position">The first wrong position.</param>
/// <param name="Text">A sentence for people.</param>
public sealed record AuditFinding(
    AuditFindingKind Kind, Verdict Verdict, int? Epoch, int? Stage, NodeId? Node, int? Layer, bool Head, int? Position, string Text)
{
    /// <summary>The sentence.</summary>
    public override string ToString() => Text;
}

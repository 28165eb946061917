using Aria.Provenance.Signatures;
using Aria.Wire.Canonical;
using Aria.Wire.Signing;

namespace Aria.Provenance.Plans;

/// <summary>A stage's word that it takes its part in a plan: a signature over [1, plan digest, stage index] (specs/provenance.md §4).</summary>
public static class PlanAcceptance
{
    /// <summary>The signature's domain.</summary>
    public const string Domain = "aria-plan-acceptance";

    /// <summary>The signature's payload type.</summary>
    public static ReadOnlySpan<byte> PayloadType => "/aria/plan-acceptance/1"u8;

    /// <summary>The stage's signature, 64 bytes.</summary>
    public static byte[] Sign(SigningKey stageKey, Digest plan, int stage) => stageKey.Sign(Domain, PayloadType, Payload(plan, stage));

    /// <summary>Whether <paramref name="signature"/> is <paramref name="node"/>'s.</summary>
    public static bool Verify(NodeId node, Digest plan, int stage, ReadOnlySpan<byte> signature) =>
        SignatureInput.Verify(node, Domain, PayloadType, Payload(plan, stage), signature);

    /// <summary>The signed payload.</summary>
    public static byte[] Payload(Digest plan, int stage) =>
        new CanonicalWriter().Array(3).UInt(Versioned.Current).Digest(plan).Int(stage).ToArray();
}

using Aria.Engine;
using Aria.Provenance.Activations;
using Aria.Provenance.Plans;
using Aria.Provenance.Records;
using Aria.Provenance.Signatures;

namespace Aria.Pipeline.Tests.Network;

/// <summary>Signed plans for a job over test nodes.</summary>
internal static class TestPlan
{
    public static Digest Key { get; } = new([.. Enumerable.Repeat((byte)0xc1, 32)]);

    public static Digest Salt { get; } = new([.. Enumerable.Repeat((byte)0xb1, 32)]);

    public static JobPlan Of(
        TestNode gateway, ModelId model, IReadOnlyList<(NodeId Node, StageSpan Span)> stages, ReadOnlySpan<uint> prompt, int maxPositions = 128,
        SamplingParameters? sampling = null, int epoch = 0, int? headFrom = null, JobId? job = null)
    {
        long now = gateway.Time.GetUtcNow().ToUnixTimeMilliseconds();
        return new(
            TestNode.Network, job ?? JobId.FromBytes(Guid.NewGuid().ToByteArray()), epoch, gateway.Id, model, NumericSpec.Id,
            [.. stages.Select(stage => new PlanStage(stage.Node, stage.Span))], sampling ?? SamplingParameters.Greedy, headFrom ?? prompt.Length - 1, maxPositions,
            TokenCommitment.Of(Salt, prompt), JobKey.Commitment(Key), now, now + 600_000)
        {
            AnswerFrom = sampling is { CountsTokens: true } or { WantsLogSum: true } ? prompt.Length : 0,
        };
    }

    public static Signed<JobPlan> Seal(this JobPlan plan, TestNode gateway) => Signed.Seal(plan, gateway.Key);
}

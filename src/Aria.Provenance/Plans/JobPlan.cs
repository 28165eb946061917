using System.Collections.Immutable;
using Aria.Provenance.Activations;
using Aria.Provenance.Signatures;
using Aria.Wire.Canonical;

namespace Aria.Provenance.Plans;

/// <summary>Who shall run which part of a model for one attempt at a job; signed by the gateway (specs/provenance.md §3).</summary>
/// <param name="Network">The network's id.</param>
/// <param name="Job">The job.</param>
/// <param name="Epoch">The attempt: 0 first, rising with each new plan for the same job.</param>
/// <param name="Gateway">Who plans, samples and assembles the record.</param>
/// <param name="Model">The model.</param>
/// <param name="NumericSpec">The rules of arithmetic.</param>
/// <param name="Stages">In the order of their layers.</param>
/// <param name="Sampling">How tokens are chosen from the head's candidates.</param>
/// <param name="HeadFrom">First position whose candidates are wanted; every later one follows.</param>
/// <param name="MaxPositions">Positions for which each stage keeps room.</param>
/// <param name="PromptCommitment">Salted commitment to the prompt's tokens.</param>
/// <param name="KeyCommitment"><see cref="JobKey.Commitment"/> to K_job: a stage compares it with the key it was given.</param>
/// <param name="CreatedUnixMs">When it was made, Unix milliseconds.</param>
/// <param name="DeadlineUnixMs">When stages may give up, Unix milliseconds.</param>
public sealed record JobPlan(
    string Network, JobId Job, int Epoch, NodeId Gateway, ModelId Model, string NumericSpec, ImmutableArray<PlanStage> Stages,
    SamplingParameters Sampling, int HeadFrom, int MaxPositions, Digest PromptCommitment, Digest KeyCommitment, long CreatedUnixMs, long DeadlineUnixMs)
    : ISignedPayload<JobPlan>
{
    /// <summary>
    /// The answer's first position, for a head's owner that counts tokens: the prompt's length. 0 in a plan of version 1, which asks for neither penalties nor log-probabilities.
    /// </summary>
    public int AnswerFrom { get; init; }

    /// <inheritdoc/>
    public static string Domain => "aria-job-plan";

    /// <inheritdoc/>
    public static ReadOnlySpan<byte> PayloadType => "/aria/job-plan/1"u8;

    /// <inheritdoc/>
    public static int MaxPayloadBytes => Limits.PlanBytes;

    /// <inheritdoc/>
    public NodeId Signer => Gateway;

    /// <inheritdoc/>
    public byte[] Encode()
    {
        int version = SamplingElements.VersionOf(Sampling);
        CanonicalWriter writer = new CanonicalWriter().Array(ElementCounts[version - 1]).Int(version)
            .Text(Network).Job(Job).Int(Epoch).Digest(Gateway.Key).Digest(Model.Digest).Text(NumericSpec).Array(Stages.Length);
        foreach (PlanStage stage in Stages)
        {
            writer.Array(5).Digest(stage.Node.Key).Bool(stage.Span.Embedding)
                .Int(stage.Span.Layers.Start).Int(stage.Span.Layers.End).Bool(stage.Span.Head);
        }

        writer.Sampling(Sampling).Int(HeadFrom).Int(MaxPositions).Digest(PromptCommitment).Digest(KeyCommitment).Int(CreatedUnixMs).Int(DeadlineUnixMs);
        return (version == 1 ? writer : writer.Int(AnswerFrom)).ToArray();
    }

    /// <summary>Reads a payload. Whether the stages cover a model is <see cref="PlanCover"/>'s question.</summary>
    public static OpenStatus TryDecode(ReadOnlySpan<byte> payload, out JobPlan? value)
    {
        value = null;
        CanonicalReader reader = new(payload);
        if (Versioned.Enter(ref reader, ElementCounts, out int version) is var status && status != OpenStatus.Done)
        {
            return status;
        }

        if (!(reader.TryName(out string network) && reader.TryJob(out JobId job) && reader.TryInt(out int epoch)
            && reader.TryNode(out NodeId gateway) && reader.TryModel(out ModelId model) && reader.TryName(out string numericSpec)
            && TryStages(ref reader, out ImmutableArray<PlanStage> stages) && reader.TrySampling(version, out SamplingParameters sampling)
            && reader.TryInt(out int headFrom, Limits.Positions) && reader.TryInt(out int maxPositions, Limits.Positions)
            && reader.TryDigest(out Digest prompt) && reader.TryDigest(out Digest key) && reader.TryLong(out long created) && reader.TryLong(out long deadline)
            && TryAnswerFrom(ref reader, version, headFrom, out int answerFrom) && reader.AtEnd && headFrom < maxPositions && created <= deadline))
        {
            return OpenStatus.NotCanonical;
        }

        value = new(network, job, epoch, gateway, model, numericSpec, stages, sampling, headFrom, maxPositions, prompt, key, created, deadline) { AnswerFrom = answerFrom };
        return OpenStatus.Done;
    }

    /// <summary>Equal elements, stage by stage.</summary>
    public bool Equals(JobPlan? other) => other is not null && Encode().AsSpan().SequenceEqual(other.Encode());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Job, Epoch);

    // Elements of version 1 and of version 2.
    private static ReadOnlySpan<int> ElementCounts => [15, 16];

    // The first candidates that are ever wanted are those behind the prompt's last token.
    private static bool TryAnswerFrom(ref CanonicalReader reader, int version, int headFrom, out int answerFrom)
    {
        answerFrom = 0;
        return version == 1 || (reader.TryInt(out answerFrom, headFrom + 1) && answerFrom > 0);
    }

    private static bool TryStages(ref CanonicalReader reader, out ImmutableArray<PlanStage> stages)
    {
        stages = [];
        if (!reader.TryArray(out int count, Limits.Stages) || count == 0)
        {
            return false;
        }

        ImmutableArray<PlanStage>.Builder builder = ImmutableArray.CreateBuilder<PlanStage>(count);
        for (int i = 0; i < count; i++)
        {
            if (!(reader.TryArray(5) && reader.TryNode(out NodeId node) && reader.TryBool(out bool embedding)
                && reader.TryInt(out int start, Limits.Layers) && reader.TryInt(out int end, Limits.Layers) && start <= end
                && reader.TryBool(out bool head)))
            {
                return false;
            }

            builder.Add(new(node, new(embedding, LayerRange.Of(start, end), head)));
        }

        stages = builder.MoveToImmutable();
        return true;
    }
}

using System.Collections.Immutable;
using Aria.Provenance.Receipts;
using Aria.Provenance.Signatures;
using Aria.Wire.Canonical;

namespace Aria.Provenance.Records;

/// <summary>
/// What happened to one job: its attempts with the stages' receipts, commitments, counts and times; signed by the gateway
/// (specs/provenance.md §8). The same signed bytes stand in the logs of all who took part.
/// </summary>
/// <param name="Network">The network's id.</param>
/// <param name="NumericSpec">The rules of arithmetic.</param>
/// <param name="Model">The model.</param>
/// <param name="Job">The job.</param>
/// <param name="Gateway">Who signs.</param>
/// <param name="Attempts">In rising epochs; the last one gave the answer, unless the job failed.</param>
/// <param name="PromptCommitment">Commitment to the prompt's tokens.</param>
/// <param name="OutputCommitment">Commitment to the chosen tokens.</param>
/// <param name="PromptTokens">Tokens in the prompt.</param>
/// <param name="CompletionTokens">Tokens chosen, an end token included.</param>
/// <param name="Finish">Why the job ended.</param>
/// <param name="FirstTokenMicroseconds">From the request to the first token; 0 where there was none.</param>
/// <param name="TotalMicroseconds">From the request to the end.</param>
/// <param name="Energy"><see cref="EnergyClaim.Total"/> over the receipts of all attempts.</param>
/// <param name="CreatedUnixMs">When the record was made, Unix milliseconds.</param>
public sealed record InferenceRecord(
    string Network, string NumericSpec, ModelId Model, JobId Job, NodeId Gateway, ImmutableArray<RecordAttempt> Attempts,
    Digest PromptCommitment, Digest OutputCommitment, int PromptTokens, int CompletionTokens, FinishReason Finish,
    long FirstTokenMicroseconds, long TotalMicroseconds, EnergyClaim Energy, long CreatedUnixMs)
    : ISignedPayload<InferenceRecord>
{
    /// <inheritdoc/>
    public static string Domain => "aria-inference-record";

    /// <inheritdoc/>
    public static ReadOnlySpan<byte> PayloadType => "/aria/inference-record/1"u8;

    /// <inheritdoc/>
    public static int MaxPayloadBytes => Limits.RecordBytes;

    /// <inheritdoc/>
    public NodeId Signer => Gateway;

    /// <inheritdoc/>
    public byte[] Encode()
    {
        CanonicalWriter writer = new CanonicalWriter().Array(16).UInt(Versioned.Current)
            .Text(Network).Text(NumericSpec).Digest(Model.Digest).Job(Job).Digest(Gateway.Key).Array(Attempts.Length);
        foreach (RecordAttempt attempt in Attempts)
        {
            attempt.Write(writer);
        }

        return writer.Digest(PromptCommitment).Digest(OutputCommitment).Int(PromptTokens).Int(CompletionTokens).UInt((ulong)Finish)
            .Int(FirstTokenMicroseconds).Int(TotalMicroseconds).Energy(Energy).Int(CreatedUnixMs).ToArray();
    }

    /// <summary>Reads a payload. What stands in it is <see cref="Checks.RecordCheck"/>'s question.</summary>
    public static OpenStatus TryDecode(ReadOnlySpan<byte> payload, out InferenceRecord? value)
    {
        value = null;
        CanonicalReader reader = new(payload);
        if (Versioned.Enter(ref reader, 16) is var status && status != OpenStatus.Done)
        {
            return status;
        }

        if (!(reader.TryName(out string network) && reader.TryName(out string numericSpec) && reader.TryModel(out ModelId model)
            && reader.TryJob(out JobId job) && reader.TryNode(out NodeId gateway) && TryAttempts(ref reader, out ImmutableArray<RecordAttempt> attempts)
            && reader.TryDigest(out Digest prompt) && reader.TryDigest(out Digest output)
            && reader.TryInt(out int promptTokens, Limits.Positions) && reader.TryInt(out int completionTokens, Limits.Positions)
            && reader.TryInt(out int finish, (int)FinishReason.Failed) && reader.TryLong(out long first) && reader.TryLong(out long total)
            && reader.TryEnergy(out EnergyClaim energy) && reader.TryLong(out long created) && reader.AtEnd))
        {
            return OpenStatus.NotCanonical;
        }

        value = new(
            network, numericSpec, model, job, gateway, attempts, prompt, output, promptTokens, completionTokens, (FinishReason)finish,
            first, total, energy, created);
        return OpenStatus.Done;
    }

    private static bool TryAttempts(ref CanonicalReader reader, out ImmutableArray<RecordAttempt> attempts)
    {
        attempts = [];
        if (!reader.TryArray(out int count, Limits.Attempts))
        {
            return false;
        }

        ImmutableArray<RecordAttempt>.Builder builder = ImmutableArray.CreateBuilder<RecordAttempt>(count);
        for (int i = 0; i < count; i++)
        {
            if (!RecordAttempt.TryRead(ref reader, out RecordAttempt? attempt))
            {
                return false;
            }

            builder.Add(attempt!);
        }

        attempts = builder.MoveToImmutable();
        return true;
    }
}

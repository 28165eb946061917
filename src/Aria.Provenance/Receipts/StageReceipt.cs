using Aria.Provenance.Signatures;
using Aria.Wire.Canonical;

namespace Aria.Provenance.Receipts;

/// <summary>What a stage says it computed in one attempt; signed with its identity key (specs/provenance.md §6).</summary>
/// <param name="Job">The job.</param>
/// <param name="Epoch">The attempt.</param>
/// <param name="Plan">SHA-256 of the plan's payload.</param>
/// <param name="Stage">Index of the stage in the plan.</param>
/// <param name="Node">Who signs.</param>
/// <param name="FirstPosition">First position computed.</param>
/// <param name="PositionCount">Positions computed from there, through every layer of the stage.</param>
/// <param name="InRoot">Root over what came in at the stage's first boundary.</param>
/// <param name="OutRoot">Root over the residual at its last boundary, also where the head follows.</param>
/// <param name="Head">Root over the candidates, where the head ran.</param>
/// <param name="TraceCommit">Salted commitment to the digests of every layer (<see cref="StageTrace"/>).</param>
/// <param name="ComputeMicroseconds">Time spent computing.</param>
/// <param name="Energy">Energy claimed.</param>
/// <param name="StartedUnixMs">First input, by the stage's clock.</param>
/// <param name="FinishedUnixMs">Last output, by the stage's clock.</param>
public sealed record StageReceipt(
    JobId Job, int Epoch, Digest Plan, int Stage, NodeId Node, int FirstPosition, int PositionCount, Digest InRoot, Digest OutRoot,
    HeadRoot? Head, Digest TraceCommit, long ComputeMicroseconds, EnergyClaim Energy, long StartedUnixMs, long FinishedUnixMs)
    : ISignedPayload<StageReceipt>
{
    /// <inheritdoc/>
    public static string Domain => "aria-stage-receipt";

    /// <inheritdoc/>
    public static ReadOnlySpan<byte> PayloadType => "/aria/stage-receipt/1"u8;

    /// <inheritdoc/>
    public static int MaxPayloadBytes => Limits.ReceiptBytes;

    /// <inheritdoc/>
    public NodeId Signer => Node;

    /// <inheritdoc/>
    public byte[] Encode()
    {
        CanonicalWriter writer = new CanonicalWriter().Array(18).UInt(Versioned.Current)
            .Job(Job).Int(Epoch).Digest(Plan).Int(Stage).Digest(Node.Key).Int(FirstPosition).Int(PositionCount).Digest(InRoot).Digest(OutRoot);
        writer = Head is { } head ? writer.Int(head.FirstPosition).Int(head.Count).Digest(head.Root) : writer.Nil().UInt(0).Nil();
        return writer.Digest(TraceCommit).Int(ComputeMicroseconds).Energy(Energy).Int(StartedUnixMs).Int(FinishedUnixMs).ToArray();
    }

    /// <inheritdoc/>
    public static OpenStatus TryDecode(ReadOnlySpan<byte> payload, out StageReceipt? value)
    {
        value = null;
        CanonicalReader reader = new(payload);
        if (Versioned.Enter(ref reader, 18) is var status && status != OpenStatus.Done)
        {
            return status;
        }

        if (!(reader.TryJob(out JobId job) && reader.TryInt(out int epoch) && reader.TryDigest(out Digest plan)
            && reader.TryInt(out int stage, Limits.Stages - 1) && reader.TryNode(out NodeId node)
            && reader.TryInt(out int first, Limits.Positions) && reader.TryInt(out int count, Limits.Positions - first)
            && reader.TryDigest(out Digest inRoot) && reader.TryDigest(out Digest outRoot)
            && TryHead(ref reader, first, count, out HeadRoot? head)
            && reader.TryDigest(out Digest trace) && reader.TryLong(out long compute) && reader.TryEnergy(out EnergyClaim energy)
            && reader.TryLong(out long started) && reader.TryLong(out long finished) && reader.AtEnd))
        {
            return OpenStatus.NotCanonical;
        }

        value = new(job, epoch, plan, stage, node, first, count, inRoot, outRoot, head, trace, compute, energy, started, finished);
        return OpenStatus.Done;
    }

    // Nil, 0, nil or all three; never positions that the stage did not compute.
    private static bool TryHead(ref CanonicalReader reader, int first, int count, out HeadRoot? head)
    {
        head = null;
        if (reader.TryNil())
        {
            return reader.TryUInt(out _, 0) && reader.TryNil();
        }

        if (!(reader.TryInt(out int headFirst, Limits.Positions) && reader.TryInt(out int headCount, Limits.Positions)
            && reader.TryDigest(out Digest root) && headCount > 0 && headFirst >= first && headFirst - first + (long)headCount <= count))
        {
            return false;
        }

        head = new(headFirst, headCount, root);
        return true;
    }
}

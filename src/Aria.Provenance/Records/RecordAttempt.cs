using System.Collections.Immutable;
using Aria.Provenance.Signatures;
using Aria.Wire.Canonical;
using Aria.Wire.Signing;

namespace Aria.Provenance.Records;

/// <summary>One plan's share in a job, with what its stages signed (specs/provenance.md §8).</summary>
/// <param name="Epoch">The plan's epoch.</param>
/// <param name="Plan">The signed plan's bytes.</param>
/// <param name="Acceptances">For each stage its acceptance, 64 bytes; null where none came.</param>
/// <param name="FirstPosition">First position sent in.</param>
/// <param name="PositionCount">Positions from there that the gateway sent in.</param>
/// <param name="Receipts">For each stage its signed receipt's bytes; null where none came.</param>
/// <param name="Fault">Why the attempt ended early; null for one that came to the job's end.</param>
public sealed record RecordAttempt(
    int Epoch, byte[] Plan, ImmutableArray<byte[]?> Acceptances, int FirstPosition, int PositionCount,
    ImmutableArray<byte[]?> Receipts, string? Fault)
{
    private const int Frame = 1 + 5 + 2 + SignatureInput.SignatureSize;

    internal void Write(CanonicalWriter writer)
    {
        writer.Array(7).Int(Epoch).Bytes(Plan);
        Write(writer, Acceptances);
        writer.Int(FirstPosition).Int(PositionCount);
        Write(writer, Receipts);
        _ = Fault is null ? writer.Nil() : writer.Text(Fault);
    }

    internal static bool TryRead(ref CanonicalReader reader, out RecordAttempt? attempt)
    {
        attempt = null;
        string? fault = null;
        if (!(reader.TryArray(7) && reader.TryInt(out int epoch) && reader.TryBytes(out ReadOnlySpan<byte> plan, 1, Limits.PlanBytes + Frame)
            && TryRead(ref reader, SignatureInput.SignatureSize, SignatureInput.SignatureSize, out ImmutableArray<byte[]?> acceptances)
            && reader.TryInt(out int first, Limits.Positions) && reader.TryInt(out int count, Limits.Positions - first)
            && TryRead(ref reader, 1, Limits.ReceiptBytes + Frame, out ImmutableArray<byte[]?> receipts)
            && (reader.TryNil() || reader.TryText(out fault, Limits.FaultBytes))))
        {
            return false;
        }

        attempt = new(epoch, plan.ToArray(), acceptances, first, count, receipts, fault);
        return true;
    }

    private static void Write(CanonicalWriter writer, ImmutableArray<byte[]?> items)
    {
        writer.Array(items.Length);
        foreach (byte[]? item in items)
        {
            _ = item is not null ? writer.Bytes(item) : writer.Nil();
        }
    }

    private static bool TryRead(ref CanonicalReader reader, int minBytes, int maxBytes, out ImmutableArray<byte[]?> items)
    {
        items = [];
        if (!reader.TryArray(out int count, Limits.Stages))
        {
            return false;
        }

        ImmutableArray<byte[]?>.Builder builder = ImmutableArray.CreateBuilder<byte[]?>(count);
        for (int i = 0; i < count; i++)
        {
            if (reader.TryNil())
            {
                builder.Add(null);
            }
            else if (reader.TryBytes(out ReadOnlySpan<byte> bytes, minBytes, maxBytes))
            {
                builder.Add(bytes.ToArray());
            }
            else
            {
                return false;
            }
        }

        items = builder.MoveToImmutable();
        return true;
    }
}

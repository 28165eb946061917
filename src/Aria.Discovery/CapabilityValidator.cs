using Aria.Libp2p.KadDht;

namespace Aria.Discovery;

/// <summary>Judges the values under <c>/aria/…</c>: capability records, of which the greatest sequence is best (specs/discovery.md §4).</summary>
public sealed class CapabilityValidator : IRecordValidator
{
    /// <inheritdoc/>
    public TimeSpan Lifetime => CapabilityBounds.MaxLifetime;

    /// <inheritdoc/>
    public bool StoresInRegion => true;

    /// <inheritdoc/>
    public bool Validate(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, DateTimeOffset now) =>
        CapabilityRecord.TryOpen(key, value, now, out _) == CapabilityStatus.Done;

    /// <inheritdoc/>
    public int SelectBest(ReadOnlySpan<byte> key, IReadOnlyList<ReadOnlyMemory<byte>> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        int best = 0;
        long greatest = SequenceOf(values[0]);
        for (int i = 1; i < values.Count; i++)
        {
            long sequence = SequenceOf(values[i]);
            if (sequence > greatest || (sequence == greatest && values[i].Span.SequenceCompareTo(values[best].Span) > 0))
            {
                (best, greatest) = (i, sequence);
            }
        }

        return best;
    }

    private static long SequenceOf(ReadOnlyMemory<byte> value) =>
        CapabilityRecord.TryRead(value.Span, out _, out CapabilityRecord? record) == CapabilityStatus.Done ? record!.Sequence : -1;
}

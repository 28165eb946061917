using Aria.Libp2p.KadDht;

namespace Aria.Discovery;

/// <summary>Judges the values under <c>/aria/…</c>: capability records, of which the greatest sequence is best (specs/discovery.md §4).</summary>
public sealed class CapabilityValidator : IRecordValidator
{
    /// <inheritdoc/>
    public bool Validate(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, DateTimeOffset now) => throw new NotImplementedException();

    /// <inheritdoc/>
    public int SelectBest(ReadOnlySpan<byte> key, IReadOnlyList<ReadOnlyMemory<byte>> values) => throw new NotImplementedException();
}

namespace Aria.Libp2p.KadDht;

/// <summary>
/// Judges the values of one namespace: the word between the first two slashes of a key, such as <c>pk</c> in <c>/pk/…</c>. It runs on every
/// value that arrives, is stored, is found, or is about to be served. Called from many threads at once.
/// </summary>
public interface IRecordValidator
{
    /// <summary>How long a value is kept after it was stored, whatever the value itself says.</summary>
    TimeSpan Lifetime => TimeSpan.FromHours(48);

    /// <summary>
    /// Whether values are stored at, and asked of, all peers in a region around their key rather than the k closest alone (specs/dht.md §8): for keys
    /// that somebody may want to hide.
    /// </summary>
    bool StoresInRegion => false;

    /// <summary>Whether <paramref name="value"/> may stand under <paramref name="key"/> at this moment.</summary>
    bool Validate(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, DateTimeOffset now);

    /// <summary>
    /// The index of the best of at least one valid value. Must depend on the bytes alone and not on their order, so that all peers agree:
    /// where nothing else decides, the bytewise larger one.
    /// </summary>
    int SelectBest(ReadOnlySpan<byte> key, IReadOnlyList<ReadOnlyMemory<byte>> values);
}

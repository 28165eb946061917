namespace Aria.Libp2p.Connections;

/// <summary>Bytes in order, whatever carries them: plain ones below Noise, decrypted ones above it. One reader and one writer at a time.</summary>
internal abstract class ByteChannel : IAsyncDisposable
{
    /// <summary>
    /// Bytes that arrived and were not consumed, at least one, or none at the end. They stay valid until the next call. Without a call
    /// of <see cref="Advance"/> the next read gives the same bytes and perhaps more.
    /// </summary>
    public abstract ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Consumes the first bytes of the last read.</summary>
    public abstract void Advance(int count);

    /// <summary>Sends all the bytes; throws <see cref="ConnectionLostException"/>.</summary>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();
}

using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Aria.Libp2p.Transports;

namespace Aria.Libp2p.Connections;

/// <summary>A transport's bytes behind a receive buffer, from which whole frames are taken in place.</summary>
internal sealed class PlainChannel(TransportConnection connection) : ByteChannel
{
    /// <summary>Holds four of the longest frames, so that one receive can bring several.</summary>
    private const int BufferBytes = 4 * (sizeof(ushort) + ushort.MaxValue);

    private const int HandshakeBufferBytes = 2 * 1024;

    // Small until the connection proves to be worth more; pinned once it is large, since the kernel writes into it.
    private byte[] _buffer = new byte[HandshakeBufferBytes];
    private int _start;
    private int _end;

    public TransportConnection Connection => connection;

    public override async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        if (_start == _end && !await FillAsync(1, cancellationToken).ConfigureAwait(false))
        {
            return default;
        }

        return _buffer.AsMemory(_start, _end - _start);
    }

    public override void Advance(int count) => _start += count;

    /// <summary>
    /// The next frame behind a big-endian u16 of its length, consumed, valid until the next call and the caller's to change in place;
    /// null where the connection ends before a frame begins.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Memory<byte>?> ReadFrameAsync(int maxBytes, CancellationToken cancellationToken)
    {
        if (_end - _start < sizeof(ushort) && !await FillAsync(sizeof(ushort), cancellationToken).ConfigureAwait(false))
        {
            return _start == _end ? null : throw new ConnectionLostException("The connection ended amid a frame.");
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(_buffer.AsSpan(_start));
        if (length > maxBytes)
        {
            throw new ProtocolViolationException($"A frame of {length} bytes came where {maxBytes} are allowed.");
        }

        int whole = sizeof(ushort) + length;
        if (_end - _start < whole && !await FillAsync(whole, cancellationToken).ConfigureAwait(false))
        {
            throw new ConnectionLostException("The connection ended amid a frame.");
        }

        Memory<byte> frame = _buffer.AsMemory(_start + sizeof(ushort), length);
        _start += whole;
        return frame;
    }

    /// <summary>From now on for bulk: receives go into a buffer of several frames.</summary>
    public void Enlarge()
    {
        if (_buffer.Length < BufferBytes)
        {
            byte[] larger = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
            _buffer.AsSpan(_start, _end - _start).CopyTo(larger);
            (_buffer, _start, _end) = (larger, 0, _end - _start);
        }
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => connection.SendAsync(bytes, cancellationToken);

    public override ValueTask DisposeAsync() => connection.DisposeAsync();

    // Receives until so many bytes are there; false where the connection ends first.
    private async ValueTask<bool> FillAsync(int count, CancellationToken cancellationToken)
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }

        if (_buffer.Length - _start < count)
        {
            byte[] target = _buffer.Length >= count ? _buffer : new byte[Math.Max(count, 2 * _buffer.Length)];
            _buffer.AsSpan(_start, _end - _start).CopyTo(target);
            (_buffer, _start, _end) = (target, 0, _end - _start);
        }

        while (_end - _start < count)
        {
            int received = await connection.ReceiveAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (received == 0)
            {
                return false;
            }

            _end += received;
        }

        return true;
    }
}

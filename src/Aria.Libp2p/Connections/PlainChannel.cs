using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Aria.Libp2p.Transports;

namespace Aria.Libp2p.Connections;

/// <summary>A transport's bytes behind a receive buffer, from which whole frames are taken in place.</summary>
internal sealed class PlainChannel(TransportConnection connection) : ByteChannel
{
    // An idle connection holds little; a busy one borrows room for several of the longest frames, so that one receive can bring them all.
    private const int IdleBytes = 4 * 1024;
    private const int BusyBytes = 256 * 1024;

    private readonly byte[] _idle = new byte[IdleBytes];
    private byte[]? _busy;
    private int _lastReceived;
    private int _start;
    private int _end;

    private byte[] Buffer => _busy ?? _idle;

    public TransportConnection Connection => connection;

    public override async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        if (_start == _end && !await FillAsync(1, cancellationToken).ConfigureAwait(false))
        {
            return default;
        }

        return Buffer.AsMemory(_start, _end - _start);
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

        int length = BinaryPrimitives.ReadUInt16BigEndian(Buffer.AsSpan(_start));
        if (length > maxBytes)
        {
            throw new ProtocolViolationException($"A frame of {length} bytes came where {maxBytes} are allowed.");
        }

        int whole = sizeof(ushort) + length;
        if (_end - _start < whole && !await FillAsync(whole, cancellationToken).ConfigureAwait(false))
        {
            throw new ConnectionLostException("The connection ended amid a frame.");
        }

        Memory<byte> frame = Buffer.AsMemory(_start + sizeof(ushort), length);
        _start += whole;
        return frame;
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => connection.SendAsync(bytes, cancellationToken);

    public override ValueTask DisposeAsync() => connection.DisposeAsync();

    /// <summary>Gives the borrowed room back; the caller knows that nobody reads any more.</summary>
    public void Release()
    {
        if (_busy is { } busy)
        {
            _busy = null;
            _start = _end = 0;
            ArrayPool<byte>.Shared.Return(busy);
        }
    }

    // Receives until so many bytes are there; false where the connection ends first.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> FillAsync(int count, CancellationToken cancellationToken)
    {
        MakeRoom(count);
        while (_end - _start < count)
        {
            _lastReceived = await connection.ReceiveAsync(Buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (_lastReceived == 0)
            {
                return false;
            }

            _end += _lastReceived;
        }

        return true;
    }

    private void MakeRoom(int count)
    {
        if (_start == _end)
        {
            _start = _end = 0;
            if (_busy is not null && _lastReceived < IdleBytes / 2)
            {
                Release();
            }
        }

        bool isBusy = count > IdleBytes || _lastReceived == IdleBytes;
        if (_busy is null && isBusy)
        {
            byte[] busy = ArrayPool<byte>.Shared.Rent(BusyBytes);
            _idle.AsSpan(_start, _end - _start).CopyTo(busy);
            (_busy, _start, _end) = (busy, 0, _end - _start);
        }
        else if (Buffer.Length - _start < count)
        {
            Buffer.AsSpan(_start, _end - _start).CopyTo(Buffer);
            (_start, _end) = (0, _end - _start);
        }
    }
}

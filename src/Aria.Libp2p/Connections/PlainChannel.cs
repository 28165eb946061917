using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Aria.Libp2p.Transports;

namespace Aria.Libp2p.Connections;

/// <summary>
/// A transport's bytes behind a receive buffer, from which whole frames are taken in place. The buffer is borrowed when bytes are there and given back when
/// all of them are taken: a connection that waits holds none.
/// </summary>
internal sealed class PlainChannel(TransportConnection connection) : ByteChannel
{
    // A quiet connection borrows little; a busy one room for several of the longest frames, so that one receive can bring them all.
    private const int QuietBytes = 4 * 1024;
    private const int BusyBytes = 256 * 1024;

    private byte[] _buffer = [];
    private int _lastReceived;
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
    /// Takes the next frame behind a big-endian u16 of its length: it is valid until the next call and the caller's to change in place. Where it is not all there,
    /// <paramref name="missing"/> is how many bytes <see cref="FillAsync"/> must bring.
    /// </summary>
    public bool TryTakeFrame(int maxBytes, out Memory<byte> frame, out int missing)
    {
        frame = default;
        missing = sizeof(ushort);
        if (_end - _start < sizeof(ushort))
        {
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(_buffer.AsSpan(_start));
        if (length > maxBytes)
        {
            throw new ProtocolViolationException($"A frame of {length} bytes came where {maxBytes} are allowed.");
        }

        missing = sizeof(ushort) + length;
        if (_end - _start < missing)
        {
            return false;
        }

        frame = _buffer.AsMemory(_start + sizeof(ushort), length);
        _start += missing;
        return true;
    }

    /// <summary>
    /// Receives until so many bytes are there; false where the connection ends before the first of them. Throws <see cref="ConnectionLostException"/> where it ends
    /// amid them.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> FillAsync(int count, CancellationToken cancellationToken)
    {
        if (_start == _end)
        {
            Release();
            await connection.ReceiveAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
        }

        MakeRoom(count);
        while (_end - _start < count)
        {
            _lastReceived = await connection.ReceiveAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (_lastReceived == 0)
            {
                return _start == _end ? false : throw new ConnectionLostException("The connection ended amid a frame.");
            }

            _end += _lastReceived;
        }

        return true;
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => connection.SendAsync(bytes, cancellationToken);

    public override ValueTask DisposeAsync() => connection.DisposeAsync();

    /// <summary>Gives the borrowed buffer back; the caller knows that nobody reads.</summary>
    public void Release()
    {
        byte[] buffer = _buffer;
        _buffer = [];
        _start = _end = 0;
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void MakeRoom(int count)
    {
        int held = _end - _start;
        int wanted = count > QuietBytes || _lastReceived >= QuietBytes / 2 ? BusyBytes : QuietBytes;
        if (_buffer.Length < wanted)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(wanted);
            _buffer.AsSpan(_start, held).CopyTo(larger);
            Release();
            (_buffer, _end) = (larger, held);
        }
        else if (_buffer.Length - _start < count)
        {
            _buffer.AsSpan(_start, held).CopyTo(_buffer);
            (_start, _end) = (0, held);
        }
    }
}

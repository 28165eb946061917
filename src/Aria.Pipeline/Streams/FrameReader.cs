using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Aria.Wire.Framing;

namespace Aria.Pipeline.Streams;

/// <summary>
/// Takes length-prefixed frames off a stream into one buffer of its own. Bytes are consumed as they arrive, so a frame may be longer than the
/// stream's window, and the buffer grows with what really came, never with what a length promises.
/// </summary>
public sealed class FrameReader(PipeReader input) : IDisposable
{
    private const int FirstBufferBytes = 4096;

    private byte[] _buffer = [];
    private int _filled;

    /// <summary>
    /// The next frame, valid until the next call; null at the stream's clean end.
    /// </summary>
    /// <exception cref="MalformedStreamException">A frame over <paramref name="maxBytes"/>.</exception>
    /// <exception cref="EndOfStreamException">The stream ended inside a frame.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(int maxBytes, CancellationToken cancellationToken)
    {
        _filled = 0;
        if (!await FillAsync(LengthPrefix.Size, cancellationToken))
        {
            return null;
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(_buffer);
        if (length > (uint)maxBytes)
        {
            throw new MalformedStreamException($"A frame of {length} bytes is over the limit of {maxBytes}.");
        }

        _filled = 0;
        if (!await FillAsync((int)length, cancellationToken) && length > 0)
        {
            throw new EndOfStreamException("The stream ended inside a frame.");
        }

        return _buffer.AsMemory(0, (int)length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }

    // Fills the buffer up to `wanted` bytes; false if the stream ends before its first byte.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> FillAsync(int wanted, CancellationToken cancellationToken)
    {
        while (_filled < wanted)
        {
            ReadResult result = await input.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> available = result.Buffer;
            if (available.Length > wanted - _filled)
            {
                available = available.Slice(0, wanted - _filled);
            }

            Grow(_filled + (int)available.Length);
            available.CopyTo(_buffer.AsSpan(_filled));
            _filled += (int)available.Length;
            input.AdvanceTo(available.End);
            if (result.IsCanceled)
            {
                throw new OperationCanceledException(cancellationToken);
            }

            if (result.IsCompleted && available.IsEmpty)
            {
                return _filled == 0 ? false : throw new EndOfStreamException("The stream ended inside a frame.");
            }
        }

        return true;
    }

    private void Grow(int bytes)
    {
        if (bytes <= _buffer.Length)
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(FirstBufferBytes, Math.Max(bytes, 2 * _buffer.Length)));
        _buffer.AsSpan(0, _filled).CopyTo(larger);
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = larger;
    }
}

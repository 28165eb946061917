using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Aria.Libp2p.Connections;

namespace Aria.Libp2p.Noise;

/// <summary>
/// The transport phase of Noise: frames of a big-endian u16 length, encrypted text and tag, in both directions. Text is decrypted where it was
/// received and encrypted where it was written.
/// </summary>
internal sealed class NoiseChannel(PlainChannel channel, CipherState send, CipherState receive) : ByteChannel
{
    /// <summary>The longest frame behind its length, in bytes.</summary>
    public const int MaxFrameBytes = ushort.MaxValue;

    /// <summary>The longest text in one frame, in bytes.</summary>
    public const int MaxTextBytes = MaxFrameBytes - CipherState.TagBytes;

    private const int HeaderBytes = sizeof(ushort);

    /// <summary>Room for the frames that are gathered for one send.</summary>
    private const int MaxBatchBytes = 256 * 1024;

    private byte[]? _outbound;      // borrowed while there is something to send
    private int _outboundLength;
    private Memory<byte> _text;

    /// <summary>True while another frame fits before a send is due.</summary>
    public bool HasRoom => _outbound is null || MaxBatchBytes - _outboundLength >= HeaderBytes + MaxFrameBytes;

    /// <summary>True where sealed frames wait to be sent.</summary>
    public bool HasSealed => _outboundLength > 0;

    public override ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken) =>
        TryTakeText(out int missing) ? new(_text) : ReceiveAsync(missing, cancellationToken);

    public override void Advance(int count) => _text = _text[count..];

    /// <summary>Where the text of the next frame is written, <see cref="MaxTextBytes"/> long; <see cref="Seal"/> makes a frame of it.</summary>
    public Span<byte> NextText()
    {
        _outbound ??= ArrayPool<byte>.Shared.Rent(MaxBatchBytes);
        return _outbound.AsSpan(_outboundLength + HeaderBytes, MaxTextBytes);
    }

    /// <summary>Encrypts the first <paramref name="length"/> bytes of <see cref="NextText"/> in place as one frame.</summary>
    public void Seal(int length)
    {
        Span<byte> frame = _outbound.AsSpan(_outboundLength, HeaderBytes + length + CipherState.TagBytes);
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)(length + CipherState.TagBytes));
        send.Encrypt(frame.Slice(HeaderBytes, length), frame[(HeaderBytes + length)..]);
        _outboundLength += frame.Length;
    }

    /// <summary>Sends the sealed frames. Nothing may be sealed before it is done.</summary>
    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        int length = _outboundLength;
        _outboundLength = 0;
        return length == 0 ? ValueTask.CompletedTask : channel.SendAsync(_outbound.AsMemory(0, length), cancellationToken);
    }

    public override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        for (ReadOnlyMemory<byte> rest = bytes; !rest.IsEmpty;)
        {
            int length = Math.Min(rest.Length, MaxTextBytes);
            rest.Span[..length].CopyTo(NextText());
            Seal(length);
            rest = rest[length..];
            await FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives the borrowed room back until there is something to send again; everything sealed was sent.</summary>
    public void RestSending()
    {
        if (_outbound is { } outbound)
        {
            _outbound = null;
            ArrayPool<byte>.Shared.Return(outbound);
        }
    }

    /// <summary>Ends the connection; its keys and buffers go with <see cref="Release"/>.</summary>
    public override ValueTask DisposeAsync() => channel.DisposeAsync();

    /// <summary>Frees the ciphers' memory where no frame went through them since the last call; the next frame takes it again. From any thread.</summary>
    public void Rest()
    {
        send.Rest();
        receive.Rest();
    }

    /// <summary>Frees keys and buffers; the caller knows that nobody reads or writes any more.</summary>
    public void Release()
    {
        send.Dispose();
        receive.Dispose();
        RestSending();
        channel.Release();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadOnlyMemory<byte>> ReceiveAsync(int missing, CancellationToken cancellationToken)
    {
        do
        {
            if (!await channel.FillAsync(missing, cancellationToken).ConfigureAwait(false))
            {
                return default;
            }
        }
        while (!TryTakeText(out missing));

        return _text;
    }

    private bool TryTakeText(out int missing)
    {
        missing = 0;
        while (_text.IsEmpty)
        {
            if (!channel.TryTakeFrame(MaxFrameBytes, out Memory<byte> frame, out missing))
            {
                return false;
            }

            _text = frame[..receive.Decrypt(frame.Span)];       // an empty text is legal and carries nothing
        }

        return true;
    }
}

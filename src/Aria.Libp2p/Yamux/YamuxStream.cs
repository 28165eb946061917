using System.Buffers;
using System.IO.Pipelines;
using Aria.Libp2p.Streams;

namespace Aria.Libp2p.Yamux;

/// <summary>One stream of a session: two pipes, a window in each direction, and what is still to be told to the other end.</summary>
internal sealed class YamuxStream : MuxedStream, IStreamInputOwner, IStreamOutputOwner
{
    private static readonly PipeOptions InboundOptions = new(BlockPool.Shared, pauseWriterThreshold: 0, useSynchronizationContext: false);     // the window bounds it

    private static readonly PipeOptions OutboundOptions = new(
        BlockPool.Shared, pauseWriterThreshold: YamuxOptions.MaxSendBufferBytes, resumeWriterThreshold: YamuxOptions.MaxSendBufferBytes / 2, useSynchronizationContext: false);

    private readonly Lock _gate = new();
    private readonly YamuxSession _session;
    private readonly Pipe _inbound = new(InboundOptions);
    private readonly Pipe _outbound = new(OutboundOptions);
    private readonly StreamInput _input;
    private readonly StreamOutput _output;
    private readonly ReceiveWindow _window;
    private long _sendWindow = YamuxOptions.InitialWindowBytes;
    private FrameFlags _opening;            // SYN or ACK, on this end's first frame
    private uint _grant;
    private bool _resetPending;
    private bool _finSent;
    private bool _finReceived;
    private bool _isGone;
    private bool _inputDone;
    private long _held;                     // received and neither read nor given up

    public YamuxStream(YamuxSession session, uint id, bool isOutbound)
    {
        _session = session;
        Id = id;
        IsOutbound = isOutbound;
        _opening = isOutbound ? FrameFlags.Syn : FrameFlags.Ack;
        _input = new(_inbound.Reader, this);
        _output = new(_outbound.Writer, this);
        _window = new(session.TryGrowWindow);
    }

    public uint Id { get; }

    public bool IsOutbound { get; }

    /// <summary>The remote end knows of the stream.</summary>
    public bool IsAcknowledged { get; set; }

    /// <summary>By how much the receive window exceeds its initial size.</summary>
    public long GrownBytes
    {
        get
        {
            lock (_gate)
            {
                return _window.SizeBytes - YamuxOptions.InitialWindowBytes;
            }
        }
    }

    /// <summary>When this end was done with both directions; null before.</summary>
    public TimeSpan? ClosedHere { get; private set; }

    /// <summary>In the session's queue of streams with control to send, data to send. The session's to set.</summary>
    public bool IsQueuedForControl { get; set; }

    public bool IsQueuedForData { get; set; }

    public override PipeReader Input => _input;

    public override PipeWriter Output => _output;

    public override void Reset()
    {
        lock (_gate)
        {
            if (_isGone || (_finSent && _finReceived))
            {
                return;
            }

            _isGone = true;
            _resetPending = _opening != FrameFlags.Syn;     // what the remote end never heard of needs no reset
        }

        GiveBackHeld(long.MaxValue);
        _input.Fail(StreamFault.ResetHere);
        _output.Fail(StreamFault.ResetHere);
        _session.OnReset(this, _resetPending);
    }

    /// <summary>The connection is gone.</summary>
    public void Lose(StreamFault fault) => End(fault);

    /// <summary>The remote end reset the stream.</summary>
    public void OnRemoteReset() => End(StreamFault.ResetByRemote);

    /// <summary>Takes a data frame's announcement; false where it exceeds what was granted or comes after the end.</summary>
    public bool TryReceive(uint bytes)
    {
        lock (_gate)
        {
            return !_finReceived && _window.TryReceive(bytes);
        }
    }

    /// <summary>Hands received bytes to the reader. Called by the session's receive loop alone.</summary>
    public void Deliver(ReadOnlySpan<byte> bytes)
    {
        if (_input.IsCompleted || _isGone)
        {
            return;     // nobody reads: dropped, and not granted again
        }

        if (!_session.TryHold(this, bytes.Length))
        {
            return;
        }

        Interlocked.Add(ref _held, bytes.Length);

        bytes.CopyTo(_inbound.Writer.GetSpan(bytes.Length));
        _inbound.Writer.Advance(bytes.Length);
        ValueTask<FlushResult> flushed = _inbound.Writer.FlushAsync();  // never waits: no threshold
        System.Diagnostics.Debug.Assert(flushed.IsCompleted);
        if (_input.IsCompleted || _isGone)
        {
            GiveBackHeld(long.MaxValue);    // the reader left meanwhile
        }
    }

    /// <summary>The remote end sends no more. Called by the session's receive loop alone.</summary>
    public void OnFin()
    {
        bool over;
        lock (_gate)
        {
            if (_finReceived)
            {
                return;
            }

            _finReceived = true;
            over = _finSent;
        }

        _inbound.Writer.Complete();
        if (over)
        {
            _session.Remove(this);
        }
    }

    /// <summary>The remote end grants more; false where the sum is impossible.</summary>
    public bool TryGrant(uint bytes)
    {
        lock (_gate)
        {
            _sendWindow += bytes;
            return _sendWindow <= uint.MaxValue;
        }
    }

    /// <summary>Writes the stream's pending control frame, if any, and returns its length. Called by the session's send loop alone.</summary>
    public int WriteControl(Span<byte> destination)
    {
        FrameHeader header;
        lock (_gate)
        {
            if (_resetPending)
            {
                _resetPending = false;
                header = new(FrameType.WindowUpdate, FrameFlags.Rst, Id, 0);
            }
            else if (_grant > 0 && !_isGone)
            {
                header = new(FrameType.WindowUpdate, TakeOpening(), Id, _grant);
                _grant = 0;
            }
            else
            {
                return 0;
            }
        }

        header.Write(destination);
        return FrameHeader.Bytes;
    }

    /// <summary>
    /// Writes data frames, at most <paramref name="destination"/>, and the end once all is written. <paramref name="hasMore"/>: there is more that the
    /// remote end's window allows. Called by the session's send loop alone.
    /// </summary>
    public int WriteData(Span<byte> destination, out bool hasMore)
    {
        hasMore = false;
        if (_isGone || _finSent || !_outbound.Reader.TryRead(out ReadResult result))
        {
            return 0;
        }

        int written = 0;
        ReadOnlySequence<byte> rest = result.Buffer;
        FrameFlags opening;
        int length;
        lock (_gate)
        {
            length = (int)Math.Min(Math.Min(rest.Length, _sendWindow), destination.Length - FrameHeader.Bytes);
            _sendWindow -= length;
            opening = length > 0 ? TakeOpening() : FrameFlags.None;
            hasMore = rest.Length > length && _sendWindow > 0;
        }

        if (length > 0)
        {
            new FrameHeader(FrameType.Data, opening, Id, (uint)length).Write(destination);
            ReadOnlySequence<byte> taken = rest.Slice(0, length);
            taken.CopyTo(destination[FrameHeader.Bytes..]);
            written = FrameHeader.Bytes + length;
            rest = rest.Slice(length);
        }

        _outbound.Reader.AdvanceTo(rest.Start);
        if (result.IsCompleted && rest.IsEmpty)
        {
            if (destination.Length - written < FrameHeader.Bytes)
            {
                hasMore = true;
                return written;
            }

            WriteFin(destination[written..]);
            written += FrameHeader.Bytes;
        }

        return written;
    }

    void IStreamInputOwner.OnConsumed(long bytes)
    {
        GiveBackHeld(bytes);
        uint grant;
        lock (_gate)
        {
            // After the end there is nothing to grant for.
            grant = _finReceived || _isGone ? 0 : _window.Consume(bytes, _session.Now, _session.RoundTrip);
            _grant += grant;
        }

        if (grant > 0)
        {
            _session.QueueControl(this);
        }
    }

    void IStreamInputOwner.OnInputCompleted()
    {
        GiveBackHeld(long.MaxValue);
        lock (_gate)
        {
            _inputDone = true;
            ClosedHere = _finSent ? _session.Now : null;
        }
    }

    void IStreamOutputOwner.OnFlushed() => _session.QueueData(this);

    private void WriteFin(Span<byte> destination)
    {
        bool over;
        FrameFlags opening;
        lock (_gate)
        {
            _finSent = true;
            over = _finReceived;
            opening = TakeOpening();
            ClosedHere = _inputDone ? _session.Now : null;
        }

        new FrameHeader(FrameType.WindowUpdate, opening | FrameFlags.Fin, Id, 0).Write(destination);
        _outbound.Reader.Complete();
        if (over)
        {
            _session.Remove(this);
        }
    }

    private void End(StreamFault fault)
    {
        bool finReceived;
        lock (_gate)
        {
            if (_isGone)
            {
                return;
            }

            _isGone = true;
            finReceived = _finReceived;
        }

        GiveBackHeld(long.MaxValue);

        // What came whole before the end is still the reader's.
        if (!finReceived)
        {
            _input.Fail(fault);
        }

        _output.Fail(fault);
    }

    // Never more than is held: what was given up at the stream's end may still be read afterwards.
    private void GiveBackHeld(long bytes)
    {
        long held, taken;
        do
        {
            held = Interlocked.Read(ref _held);
            taken = Math.Min(held, bytes);
        }
        while (Interlocked.CompareExchange(ref _held, held - taken, held) != held);

        _session.GiveBackHeld(taken);
    }

    private FrameFlags TakeOpening()
    {
        FrameFlags opening = _opening;
        _opening = FrameFlags.None;
        return opening;
    }
}

using Aria.Libp2p.Streams;

namespace Aria.Libp2p.Yamux;

/// <summary>What is to be sent, and the loop that packs it: session control, then streams' control, then data in turn.</summary>
internal sealed partial class YamuxSession
{
    /// <summary>One stream's share while others wait.</summary>
    private const int QuantumBytes = 16 * 1024;

    private readonly AsyncSignal _toSend = new();
    private readonly Queue<YamuxStream> _controlQueue = new();
    private readonly Queue<YamuxStream> _dataQueue = new();
    private readonly Queue<uint> _refused = new();
    private uint? _pong;
    private uint? _ping;
    private GoAwayCode? _goAway;
    private bool _leaving;
    private bool _goAwaySent;

    public void QueueControl(YamuxStream stream)
    {
        lock (_gate)
        {
            if (stream.IsQueuedForControl)
            {
                return;
            }

            stream.IsQueuedForControl = true;
            _controlQueue.Enqueue(stream);
        }

        _toSend.Set();
    }

    public void QueueData(YamuxStream stream)
    {
        lock (_gate)
        {
            if (stream.IsQueuedForData)
            {
                return;
            }

            stream.IsQueuedForData = true;
            _dataQueue.Enqueue(stream);
        }

        _toSend.Set();
    }

    private async Task SendLoopAsync()
    {
        try
        {
            while (!_goAwaySent && !_stop.IsCancellationRequested)
            {
                await _toSend.WaitAsync().ConfigureAwait(false);
                while (Pack())
                {
                    await _channel.FlushAsync(_stop.Token).ConfigureAwait(false);
                }

                _channel.RestSending();
            }
        }
        catch (Exception exception)
        {
            await EndAsync(StreamFault.Lost($"The connection to {RemotePeer} was lost: {exception.Message}", exception)).ConfigureAwait(false);
        }
        finally
        {
            OnLoopEnded();
        }
    }

    // Fills frames with whatever is ready, as many as are sent at once; false where nothing was.
    private bool Pack()
    {
        while (_channel.HasRoom && !_goAwaySent)
        {
            int length = PackText(_channel.NextText());
            if (length == 0)
            {
                break;
            }

            _channel.Seal(length);
        }

        return _channel.HasSealed;
    }

    private int PackText(Span<byte> text)
    {
        int length = PackSessionControl(text);
        while (text.Length - length >= FrameHeader.Bytes && TryDequeue(_controlQueue, out YamuxStream? stream, out _))
        {
            length += stream.WriteControl(text[length..]);
        }

        // A data frame that is mostly header is not worth its place.
        const int WorthwhileBytes = FrameHeader.Bytes + 256;
        while (text.Length - length >= WorthwhileBytes && TryDequeue(_dataQueue, out YamuxStream? stream, out bool othersWait))
        {
            int room = text.Length - length;
            length += stream.WriteData(text.Slice(length, othersWait ? Math.Min(room, FrameHeader.Bytes + QuantumBytes) : room), out bool hasMore);
            if (hasMore)
            {
                QueueData(stream);
            }
        }

        return length + PackGoAway(text[length..], isIdle: length == 0);
    }

    private bool TryDequeue(Queue<YamuxStream> queue, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out YamuxStream? stream, out bool othersWait)
    {
        lock (_gate)
        {
            othersWait = queue.Count > 1;
            if (!queue.TryDequeue(out stream))
            {
                return false;
            }

            _ = queue == _controlQueue ? stream.IsQueuedForControl = false : stream.IsQueuedForData = false;
            return true;
        }
    }

    private int PackSessionControl(Span<byte> text)
    {
        int length = 0;
        lock (_gate)
        {
            if (_pong is { } answer)
            {
                _pong = null;
                new FrameHeader(FrameType.Ping, FrameFlags.Ack, 0, answer).Write(text);
                length += FrameHeader.Bytes;
            }

            if (_ping is { } question)
            {
                _ping = null;
                new FrameHeader(FrameType.Ping, FrameFlags.Syn, 0, question).Write(text[length..]);
                length += FrameHeader.Bytes;
            }

            while (text.Length - length >= FrameHeader.Bytes && _refused.TryDequeue(out uint id))
            {
                new FrameHeader(FrameType.WindowUpdate, FrameFlags.Rst, id, 0).Write(text[length..]);
                length += FrameHeader.Bytes;
            }
        }

        return length;
    }

    // A protocol error is told at once; an orderly end after everything that could be sent.
    private int PackGoAway(Span<byte> text, bool isIdle)
    {
        GoAwayCode? code;
        lock (_gate)
        {
            code = _goAway ?? (_leaving && isIdle ? GoAwayCode.Normal : null);
        }

        if (code is null || text.Length < FrameHeader.Bytes)
        {
            return 0;
        }

        new FrameHeader(FrameType.GoAway, FrameFlags.None, 0, (uint)code).Write(text);
        _goAwaySent = true;
        return FrameHeader.Bytes;
    }
}

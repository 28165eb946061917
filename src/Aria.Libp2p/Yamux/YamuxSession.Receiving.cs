using System.Buffers;
using System.Security.Cryptography;
using Aria.Libp2p.Streams;

namespace Aria.Libp2p.Yamux;

/// <summary>What arrives: frames, parsed across the boundaries of whatever carried them.</summary>
internal sealed partial class YamuxSession
{
    // What a session takes before others have their turn, in bytes: a frame weighs more than it is long, as it may wake somebody, and a new stream as much as the work that it begins.
    private const int TurnBytes = 256 * 1024;
    private const int FrameWeightBytes = 2 * 1024;
    private const int StreamWeightBytes = 16 * 1024;

    private int _turnLeft = TurnBytes;
    private readonly byte[] _header = new byte[FrameHeader.Bytes];
    private int _headerLength;
    private uint _bodyLeft;
    private YamuxStream? _bodyStream;
    private bool _finAfterBody;
    private readonly KeepAlive _keepAlive;
    private long _roundTripTicks;

    /// <summary>The round trip of the last ping; null before the first answer.</summary>
    public TimeSpan? RoundTrip => Interlocked.Read(ref _roundTripTicks) is var ticks and > 0 ? TimeSpan.FromTicks(ticks) : null;

    private async Task ReceiveLoopAsync()
    {
        try
        {
            while (await _channel.ReadAsync(_stop.Token).ConfigureAwait(false) is { IsEmpty: false } text)
            {
                _channel.Advance(Receive(text.Span));
                if (_turnLeft <= 0)
                {
                    // To the end of the queue, behind the work that these frames caused and behind every other connection: a remote end that floods holds up itself.
                    _turnLeft = TurnBytes;
                    await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                }
            }

            await EndAsync(StreamFault.Lost($"{RemotePeer} closed the connection.")).ConfigureAwait(false);
        }
        catch (ProtocolViolationException violation)
        {
            await RefuseAsync(violation).ConfigureAwait(false);
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

    private async Task RefuseAsync(ProtocolViolationException violation)
    {
        _violation = violation;
        lock (_gate)
        {
            _goAway = GoAwayCode.ProtocolError;
        }

        _toSend.Set();
        using CancellationTokenSource deadline = new(_options.GoAwayTimeout);       // of the real clock: nobody advances another one while leaving
        await Task.WhenAny(_sending, Task.Delay(Timeout.Infinite, deadline.Token)).ConfigureAwait(false);
        await EndAsync(StreamFault.Lost($"{RemotePeer} broke the protocol: {violation.Message}", violation)).ConfigureAwait(false);
    }

    // Takes frames to the end of the bytes or of the turn, and returns how many bytes that were.
    private int Receive(ReadOnlySpan<byte> bytes)
    {
        int length = bytes.Length;
        while (!bytes.IsEmpty && _turnLeft > 0)
        {
            if (_bodyLeft > 0)
            {
                int body = (int)Math.Min(_bodyLeft, (uint)bytes.Length);
                _bodyStream?.Deliver(bytes[..body]);
                bytes = bytes[body..];
                _bodyLeft -= (uint)body;
                _turnLeft -= body;
                EndBody();
                continue;
            }

            int taken = Math.Min(FrameHeader.Bytes - _headerLength, bytes.Length);
            bytes[..taken].CopyTo(_header.AsSpan(_headerLength));
            _headerLength += taken;
            bytes = bytes[taken..];
            if (_headerLength == FrameHeader.Bytes)
            {
                _headerLength = 0;
                _turnLeft -= FrameWeightBytes;
                Take(FrameHeader.TryRead(_header, out FrameHeader header) == OperationStatus.Done
                    ? header
                    : throw new ProtocolViolationException("a malformed yamux frame"));
            }
        }

        return length - bytes.Length;
    }

    private void Take(FrameHeader frame)
    {
        switch (frame.Type)
        {
            case FrameType.Ping:
                TakePing(frame);
                break;
            case FrameType.GoAway:
                TakeGoAway((GoAwayCode)frame.Length);
                break;
            default:
                TakeStreamFrame(frame);
                break;
        }
    }

    private void TakeStreamFrame(FrameHeader frame)
    {
        YamuxStream? stream = (frame.Flags & FrameFlags.Syn) != 0 ? Accept(frame.StreamId) : Find(frame.StreamId);
        if ((frame.Flags & FrameFlags.Ack) != 0 && stream is { IsOutbound: true })
        {
            Acknowledge(stream);
        }

        bool isReset = (frame.Flags & FrameFlags.Rst) != 0;
        if (isReset && stream is not null)
        {
            Remove(stream);
            stream.OnRemoteReset();
            stream = null;
        }

        if (frame.Type == FrameType.Data)
        {
            TakeData(frame, stream);
            return;
        }

        // The length of a reset is an error code, not a grant.
        if (!isReset && stream is not null && frame.Length > 0)
        {
            if (!stream.TryGrant(frame.Length))
            {
                throw new ProtocolViolationException("a window of more than 4 GiB");
            }

            QueueData(stream);
        }

        if ((frame.Flags & FrameFlags.Fin) != 0)
        {
            stream?.OnFin();
        }
    }

    private void TakeData(FrameHeader frame, YamuxStream? stream)
    {
        // A stream that this end reset may still be sent what was granted to it; that is read and dropped.
        if (stream is null ? frame.Length > YamuxOptions.MaxWindowBytes : !stream.TryReceive(frame.Length))
        {
            throw new ProtocolViolationException("more data than was granted");
        }

        _bodyLeft = frame.Length;
        _bodyStream = stream;
        _finAfterBody = (frame.Flags & FrameFlags.Fin) != 0;
        EndBody();
    }

    private void EndBody()
    {
        if (_bodyLeft > 0)
        {
            return;
        }

        if (_finAfterBody)
        {
            _bodyStream?.OnFin();
        }

        _bodyStream = null;
        _finAfterBody = false;
    }

    private YamuxStream? Find(uint id)
    {
        lock (_gate)
        {
            return _streams.GetValueOrDefault(id);
        }
    }

    private YamuxStream? Accept(uint id)
    {
        YamuxStream stream;
        lock (_gate)
        {
            if (id % 2 == 1 == _isInitiator || _streams.ContainsKey(id))
            {
                throw new ProtocolViolationException("a stream that is not the remote end's to open");
            }

            if (_leaving || _end is not null || _inbound >= _options.MaxInboundStreams)
            {
                Refuse(id);
                return null;
            }

            stream = new(this, id, isOutbound: false);
            _streams.Add(id, stream);
            _inbound++;
        }

        _turnLeft -= StreamWeightBytes;
        _accept!(stream);
        return stream;
    }

    private void Refuse(uint id)
    {
        if (_refused.Count == YamuxOptions.MaxPendingRefusals)
        {
            throw new ProtocolViolationException("more refused streams than can be answered");
        }

        _shared.OnStreamRefused("number");
        _refused.Enqueue(id);
        _toSend.Set();
    }

    private void Acknowledge(YamuxStream stream)
    {
        lock (_gate)
        {
            if (!stream.IsAcknowledged)
            {
                stream.IsAcknowledged = true;
                _unacknowledged--;
            }
        }
    }

    private void TakePing(FrameHeader frame)
    {
        if ((frame.Flags & FrameFlags.Syn) != 0)
        {
            lock (_gate)
            {
                _pong = frame.Length;       // the latest question wins: a flood costs one answer at a time
            }

            _toSend.Set();
            return;
        }

        lock (_gate)
        {
            if (_keepAlive.Answered(frame.Length, Now) is { } roundTrip)
            {
                Interlocked.Exchange(ref _roundTripTicks, Math.Max(1, roundTrip.Ticks));
            }
        }
    }

    private void TakeGoAway(GoAwayCode code)
    {
        if (code != GoAwayCode.Normal)
        {
            throw new ConnectionLostException($"the remote end went away with code {(uint)code}");
        }

        lock (_gate)
        {
            _remoteGoesAway = true;
        }
    }

    public override void Tick()
    {
        KeepAliveStep step;
        lock (_gate)
        {
            step = _end is null && !_leaving ? _keepAlive.Due(Now) : KeepAliveStep.Wait;
            if (step == KeepAliveStep.Ask)
            {
                uint value = (uint)RandomNumberGenerator.GetInt32(int.MaxValue);
                _ping = value;
                _keepAlive.Asked(value, Now);
            }
        }

        switch (step)
        {
            case KeepAliveStep.Ask:
                _toSend.Set();
                break;
            case KeepAliveStep.GiveUp:
                _ = EndAsync(StreamFault.Lost($"{RemotePeer} did not answer two pings within {_options.KeepAliveTimeout.TotalSeconds:0.###} s each.")).AsTask();
                break;
        }

        ResetLingering();
        _channel.Rest();
    }

    // Streams that this end closed and the remote end does not.
    private void ResetLingering()
    {
        List<YamuxStream>? lingering = null;
        lock (_gate)
        {
            foreach (YamuxStream stream in _streams.Values)
            {
                if (stream.ClosedHere is { } since && Now - since > _options.CloseTimeout)
                {
                    (lingering ??= []).Add(stream);
                }
            }
        }

        lingering?.ForEach(stream => stream.Reset());
    }
}

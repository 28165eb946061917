using Aria.Libp2p.Connections;
using Aria.Libp2p.Noise;
using Aria.Libp2p.Streams;

namespace Aria.Libp2p.Yamux;

/// <summary>
/// A yamux session over an encrypted channel: two loops, one that receives and one that sends. The Noise initiator opens odd streams. Every
/// queue and window is bounded; a remote end that breaks the protocol is told so and ends the session, and nothing else.
/// </summary>
internal sealed partial class YamuxSession : MuxedConnection
{
    public const string Id = "/yamux/1.0.0";

    /// <summary>Whoever waits for a stream wakes at its end: of a thousand not all at once, so that other connections have their turn.</summary>
    private const int StreamsLostAtOnce = 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<uint, YamuxStream> _streams = [];
    private readonly NoiseChannel _channel;
    private readonly bool _isInitiator;
    private readonly YamuxOptions _options;
    private readonly TimeProvider _time;
    private readonly long _begin;
    private readonly SharedBudgets _shared;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Action<MuxedStream>? _accept;
    private Task _sending = Task.CompletedTask;
    private StreamFault? _end;
    private volatile ProtocolViolationException? _violation;
    private TimeSpan _lastUsed;
    private uint _nextId;
    private int _inbound;
    private int _outbound;
    private int _unacknowledged;
    private bool _remoteGoesAway;
    private readonly ByteBudget _growth = new(YamuxOptions.MaxGrowthBytes);
    private int _loops = 2;

    public YamuxSession(NoiseChannel channel, PeerId remotePeer, bool isInitiator, YamuxOptions options, TimeProvider time, SharedBudgets shared)
    {
        _channel = channel;
        RemotePeer = remotePeer;
        _isInitiator = isInitiator;
        _nextId = isInitiator ? 1u : 2u;
        _options = options;
        _time = time;
        _begin = time.GetTimestamp();
        _shared = shared;
        _keepAlive = new(options.KeepAliveInterval, options.KeepAliveTimeout);
    }

    public override PeerId RemotePeer { get; }

    public override Task Closed => _closed.Task;

    public override ProtocolViolationException? Violation => _violation;

    /// <summary>The time since the session began.</summary>
    public TimeSpan Now => _time.GetElapsedTime(_begin);

    public override void Start(Action<MuxedStream> accept)
    {
        _accept = accept;
        _sending = Task.Run(SendLoopAsync);
        _ = Task.Run(ReceiveLoopAsync);
        Tick();
    }

    public override bool TakesStreams => _end is null && !_remoteGoesAway && !_leaving;

    public override TimeSpan? IdleFor
    {
        get
        {
            lock (_gate)
            {
                return _streams.Count == 0 ? Now - _lastUsed : null;
            }
        }
    }

    public override MuxedStream OpenStream()
    {
        lock (_gate)
        {
            ThrowIfEnded();
            if (_remoteGoesAway || _nextId > int.MaxValue)
            {
                throw new ConnectionLostException($"The connection to {RemotePeer} takes no new streams.");
            }

            if (_outbound >= _options.MaxOutboundStreams)
            {
                throw new ResourceLimitException($"{_options.MaxOutboundStreams} streams to {RemotePeer} are open already.");
            }

            if (_unacknowledged >= YamuxOptions.MaxUnacknowledgedStreams)
            {
                throw new ResourceLimitException($"{RemotePeer} has not acknowledged {YamuxOptions.MaxUnacknowledgedStreams} streams.");
            }

            YamuxStream stream = new(this, _nextId, isOutbound: true);
            _nextId += 2;
            _outbound++;
            _unacknowledged++;
            _streams.Add(stream.Id, stream);
            return stream;
        }
    }

    /// <summary>Says that this end goes away, sends what is ready to be sent, and ends the connection.</summary>
    public override async ValueTask DisposeAsync()
    {
        bool first;
        lock (_gate)
        {
            first = !_leaving && _end is null;
            _leaving = true;
        }

        if (first)
        {
            _toSend.Set();
            using CancellationTokenSource deadline = new(_options.GoAwayTimeout);       // of the real clock: nobody advances another one while leaving
            try
            {
                await _sending.WaitAsync(deadline.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // The remote end does not take what is sent: leave anyway.
            }
        }

        await EndAsync(StreamFault.Lost($"The connection to {RemotePeer} was closed.")).ConfigureAwait(false);
    }

    /// <summary>Takes a stream out whose both directions ended.</summary>
    public void Remove(YamuxStream stream)
    {
        lock (_gate)
        {
            if (!_streams.Remove(stream.Id))
            {
                return;
            }

            _lastUsed = Now;
            _ = stream.IsOutbound ? _outbound-- : _inbound--;
            _unacknowledged -= stream is { IsOutbound: true, IsAcknowledged: false } ? 1 : 0;
            GiveBackGrowth(stream);
        }
    }

    /// <summary>This end abandoned a stream.</summary>
    public void OnReset(YamuxStream stream, bool tellRemote)
    {
        Remove(stream);
        if (tellRemote)
        {
            QueueControl(stream);
        }
    }

    /// <summary>Reserves room for a receive window to grow by so many bytes.</summary>
    public bool TryGrowWindow(int bytes)
    {
        // Called under a stream's lock, so not under this one's.
        if (!_growth.TryTake(bytes))
        {
            return false;
        }

        if (_shared.Growth.TryTake(bytes))
        {
            return true;
        }

        _growth.GiveBack(bytes);
        return false;
    }

    /// <summary>Takes room for bytes that wait to be read; where there is none the stream is reset.</summary>
    public bool TryHold(YamuxStream stream, int bytes)
    {
        if (_shared.Unread.TryTake(bytes))
        {
            return true;
        }

        _shared.OnStreamRefused("memory");
        stream.Reset();
        return false;
    }

    /// <summary>Bytes were read, or never will be.</summary>
    public void GiveBackHeld(long bytes) => _shared.Unread.GiveBack(bytes);

    private void GiveBackGrowth(YamuxStream stream)
    {
        long bytes = stream.GrownBytes;
        _growth.GiveBack(bytes);
        _shared.Growth.GiveBack(bytes);
    }

    // Fails everything that is open and ends the connection below. The first reason stays.
    private async ValueTask EndAsync(StreamFault fault)
    {
        YamuxStream[] open;
        lock (_gate)
        {
            if (_end is not null)
            {
                return;
            }

            _end = fault;
            open = [.. _streams.Values];
            _streams.Clear();
            _inbound = _outbound = _unacknowledged = 0;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        _toSend.Set();
        await _channel.DisposeAsync().ConfigureAwait(false);
        _closed.TrySetResult();
        foreach (YamuxStream[] some in open.Chunk(StreamsLostAtOnce))
        {
            foreach (YamuxStream stream in some)
            {
                stream.Lose(fault);
                GiveBackGrowth(stream);
            }

            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }
    }

    // Each loop says that it ended: after the last one nobody reads or writes any more.
    private void OnLoopEnded()
    {
        if (Interlocked.Decrement(ref _loops) == 0)
        {
            _channel.Release();
        }
    }

    private void ThrowIfEnded()
    {
        if (_end is { } end)
        {
            throw end.ToException();
        }
    }
}

/// <summary>What the sessions of a local peer share: by how much their windows may grow together, what they may hold unread together, and who counts refused streams.</summary>
internal sealed record SharedBudgets(ByteBudget Growth, ByteBudget Unread, Action<string> OnStreamRefused);

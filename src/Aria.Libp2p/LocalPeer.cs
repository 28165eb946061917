using System.Collections.Concurrent;
using System.Collections.Immutable;
using Aria.Libp2p.Connections;
using Aria.Libp2p.Identify;
using Aria.Libp2p.Ping;
using Aria.Libp2p.Streams;
using Aria.Libp2p.Transports;
using Microsoft.Extensions.Logging;

namespace Aria.Libp2p;

/// <summary>
/// One identity on the network: listens, dials, keeps connections and speaks protocols over them. Every connection is authenticated
/// before anything else happens on it. Safe to use from many threads.
/// </summary>
public sealed partial class LocalPeer : IAsyncDisposable
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LogSilence = TimeSpan.FromMinutes(1);

    private readonly IReadOnlyList<ITransport> _transports;
    private readonly LocalPeerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopping;
    private readonly TaskSet _tasks = new();
    private readonly ProtocolTable _protocols = new();
    private readonly AddressBook _book;
    private readonly ConnectionTable _connections;
    private readonly DirectConnections _direct;
    private readonly OrderedEvents _events;
    private readonly PeerMetrics _metrics;
    private readonly Upgrader _upgrader;
    private readonly Dialer _dialer;
    private readonly Reception _reception;
    private readonly Pruning _pruning;
    private readonly SeldomLogged _seldom;
    private readonly IdentifyProtocol _identify;
    private readonly ConcurrentDictionary<PeerId, byte> _pushing = new();
    private readonly Turns _pings = new();
    private readonly ITimer _clock;         // the only one, however many connections there are
    private ImmutableArray<ITransportListener> _listeners = [];
    private ImmutableArray<Multiaddress> _addresses = [];
    private volatile Func<IReadOnlyList<Multiaddress>, IEnumerable<Multiaddress>>? _announced;
    private int _disposed;

    /// <summary>
    /// A peer that neither listens nor dials yet. It does not own <paramref name="identity"/>, which must outlive it. <paramref name="names"/> looks the names in addresses up;
    /// without it the system does.
    /// </summary>
    public LocalPeer(
        Identity identity, IReadOnlyList<ITransport> transports, LocalPeerOptions options, TimeProvider time, ILoggerFactory loggers, INameResolver? names = null)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(options);
        Id = identity.PeerId;
        _stopping = _stop.Token;
        _transports = transports;
        _options = options;
        _time = time;
        _logger = loggers.CreateLogger<LocalPeer>();
        _book = new(options.MaxKnownPeers, options.MaxAddressesPerPeer);
        _events = new(_logger);
        _seldom = new(LogSilence, time);
        _connections = new(options.MaxConnections, options.MaxConnectionsPerPeer, options.ConnectionGrace, OnFirstConnection, OnLastConnection);
        _direct = new(_connections);
        _pruning = new(options.LowWaterConnections, options.HighWaterConnections, options.ConnectionGrace);
        _metrics = new(Id);
        _upgrader = new(identity, options, time, _metrics);
        _dialer = new(transports, new(names ?? new SystemNameResolver(time)), _upgrader, _connections, Admit, new(options.DialBackoff, options.MaxDialBackoff, time), Gate, options, time);
        _reception = new(_upgrader, Admit, options, Gate, time, _metrics, _seldom, _logger);
        _identify = new(identity, options, _protocols, () => [.. AnnouncedAddresses], time);
        Handle(PingProtocol.Id, PingProtocol.ServeAsync, runsOnLimitedConnections: true);
        Handle(IdentifyProtocol.Id, AnswerIdentifyAsync, runsOnLimitedConnections: true);
        Handle(IdentifyProtocol.PushId, HearPushAsync, runsOnLimitedConnections: true);
        _protocols.Changed += Push;
        Gate.Narrowed += CloseRefused;
        ReadPeerStore();
        _clock = time.CreateTimer(_ => Tick(), null, TickInterval, TickInterval);
    }

    /// <summary>A peer was identified on a new connection, or pushed a change. Events come one at a time, in order.</summary>
    public event Action<IdentifiedPeer>? PeerIdentified;

    /// <summary>The first connection to a peer is there.</summary>
    public event Action<PeerId>? PeerConnected;

    /// <summary>The last connection to a peer is gone.</summary>
    public event Action<PeerId>? PeerDisconnected;

    /// <summary>The own id.</summary>
    public PeerId Id { get; }

    /// <summary>What this peer listens on, each ending in <c>/p2p/&lt;id&gt;</c>.</summary>
    public IReadOnlyList<Multiaddress> Addresses => _addresses;

    /// <summary>Where this peer tells others that it is reached, each ending in <c>/p2p/&lt;id&gt;</c>: what it listens on, or what <see cref="Announce"/> makes of that.</summary>
    public IReadOnlyList<Multiaddress> AnnouncedAddresses => _announced is { } choose ? [.. choose(_addresses).Select(one => one.WithPeer(Id)).Distinct()] : _addresses;

    /// <summary>The peers with a live connection.</summary>
    public IReadOnlyList<PeerId> ConnectedPeers => _connections.Peers;

    /// <summary>Whom this peer has nothing to do with.</summary>
    public ConnectionGate Gate { get; } = new();

    /// <summary>Listens on <paramref name="address"/> (port 0: any free one) and returns the bound address with this peer's id; throws <see cref="ListenFailedException"/>.</summary>
    public async Task<Multiaddress> ListenAsync(Multiaddress address, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(address);
        ITransport transport = _transports.FirstOrDefault(one => one.Supports(address))
            ?? throw new ListenFailedException($"No transport listens on {address}.");
        ITransportListener listener = await transport.ListenAsync(address.WithoutPeer(), cancellationToken).ConfigureAwait(false);
        ImmutableInterlocked.Update(ref _listeners, static (all, added) => all.Add(added), listener);
        ImmutableArray<Multiaddress> bound = [.. listener.Addresses.Select(one => one.WithPeer(Id))];
        ImmutableInterlocked.Update(ref _addresses, static (all, added) => all.AddRange(added), bound);
        _tasks.Run(() => ListenAsync(listener, bound));
        Push();
        return bound[0];
    }

    /// <summary>
    /// Tells others from now on the addresses that <paramref name="choose"/> makes of those that this peer listens on; connected peers hear of it. It is asked whenever
    /// somebody is told, from any thread.
    /// </summary>
    public void Announce(Func<IReadOnlyList<Multiaddress>, IEnumerable<Multiaddress>> choose)
    {
        ArgumentNullException.ThrowIfNull(choose);
        _announced = choose;
        Push();
    }

    /// <summary>
    /// Serves a protocol from now on, in place of its handler before, if any. On connections that a relay limits in time and bytes it is served only where
    /// <paramref name="runsOnLimitedConnections"/>.
    /// </summary>
    public void Handle(string protocol, StreamHandler handler, bool runsOnLimitedConnections = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(protocol);
        ArgumentNullException.ThrowIfNull(handler);
        _protocols.Set(protocol, handler, runsOnLimitedConnections);
    }

    /// <summary>Serves a protocol no longer; streams that run go on, and connected peers hear of it.</summary>
    public void StopHandling(string protocol)
    {
        ArgumentException.ThrowIfNullOrEmpty(protocol);
        _protocols.Remove(protocol);
    }

    /// <summary>Remembers where a peer may be reached. Hints only: whoever answers must still prove the id.</summary>
    public void AddAddresses(PeerId peer, IEnumerable<Multiaddress> addresses)
    {
        ArgumentNullException.ThrowIfNull(peer);
        _book.Add(peer, addresses);
    }

    /// <summary>True where a transport of this peer dials such an address and its network is not blocked; whether it answers is another matter. Names count for what they lead to only when they are dialed.</summary>
    public bool CanDial(Multiaddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return !Gate.Refuses(address) && _transports.Any(transport => transport.Supports(address));
    }

    /// <summary>The remembered addresses of a peer, each ending in <c>/p2p/&lt;id&gt;</c>, the newest first.</summary>
    public IReadOnlyList<Multiaddress> AddressesOf(PeerId peer) => [.. _book.Of(peer).Select(address => address.WithPeer(peer))];

    /// <summary>
    /// Connects to the peer at an address that ends in <c>/p2p/&lt;id&gt;</c>, or takes the connection there is. Throws
    /// <see cref="DialFailedException"/>, and <see cref="PeerMismatchException"/> where another peer answered.
    /// </summary>
    public async Task<PeerId> ConnectAsync(Multiaddress addressWithPeer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(addressWithPeer);
        PeerId peer = addressWithPeer.Peer ?? throw new ArgumentException($"{addressWithPeer} names no peer.", nameof(addressWithPeer));
        bool takesLimited = addressWithPeer.IsRelayed || addressWithPeer.Parts.Length == 1;
        if (peer != Id && !_connections.TryGet(peer, takesLimited, out _))
        {
            Multiaddress[] candidates = addressWithPeer.Parts.Length > 1 ? [addressWithPeer.WithoutPeer()] : [.. _book.Of(peer)];
            PeerConnection connection = await _dialer.DialAsync(peer, candidates, isAskedFor: true, takesLimited, _stopping, cancellationToken).ConfigureAwait(false);
            _book.Add(peer, [addressWithPeer, connection.RemoteAddress], isProven: true);       // a name outlives what it leads to now
        }

        return peer;
    }

    /// <summary>
    /// Dials a peer at all of these direct addresses at once although it may be connected already, as when both ends agreed to dial each other at this moment through their NATs. One end is the initiator of the
    /// connection that this gives, the other is not. Throws <see cref="DialFailedException"/>.
    /// </summary>
    public async Task MeetAsync(PeerId peer, IReadOnlyList<Multiaddress> addresses, bool isInitiator, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(peer);
        ArgumentNullException.ThrowIfNull(addresses);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(_stopping, cancellationToken);
        await _dialer.MeetAsync(peer, [.. addresses.Select(address => address.WithoutPeer()).Distinct()], isInitiator, either.Token).ConfigureAwait(false);
    }

    /// <summary>
    /// Opens a stream to a peer on an existing connection, else dials its remembered addresses. The own id gives an in-memory stream
    /// to the own handler. Throws <see cref="DialFailedException"/> and <see cref="ProtocolNotSupportedException"/>. Where the peer is identified as serving the
    /// protocol, nothing is waited for; should it refuse all the same, the first read throws that instead.
    /// </summary>
    public Task<PeerStream> OpenStreamAsync(PeerId peer, string protocol, CancellationToken cancellationToken) =>
        OpenStreamAsync(peer, protocol, takesLimitedConnection: false, cancellationToken);

    /// <summary>
    /// As above; with <paramref name="takesLimitedConnection"/> also over a connection that a relay limits in time and bytes, where there is no better one. Without it
    /// such a peer is dialed at its direct addresses, or waited for (<see cref="LocalPeerOptions.DirectConnectionWait"/>).
    /// </summary>
    public async Task<PeerStream> OpenStreamAsync(PeerId peer, string protocol, bool takesLimitedConnection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (peer == Id)
        {
            return OpenToSelf(protocol);
        }

        if (_connections.TryGet(peer, takesLimitedConnection, out PeerConnection? existing))
        {
            try
            {
                return await existing.OpenStreamAsync(protocol, cancellationToken).ConfigureAwait(false);
            }
            catch (ConnectionLostException) when (existing.Closed.IsCompleted)
            {
                // It went while it was being used: dial again.
            }
        }

        bool takesRelay = takesLimitedConnection || _options.DirectConnectionWait > TimeSpan.Zero;
        PeerConnection connection = await _dialer.DialAsync(peer, _book.Of(peer), isAskedFor: false, takesRelay, _stopping, cancellationToken).ConfigureAwait(false);
        if (connection.IsLimited && !takesLimitedConnection)
        {
            connection = await _direct.WaitAsync(peer, _options.DirectConnectionWait, _time, cancellationToken).ConfigureAwait(false);
        }

        return await connection.OpenStreamAsync(protocol, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The live connections to a peer, the oldest first.</summary>
    public IReadOnlyList<ConnectionInfo> ConnectionsTo(PeerId peer) =>
        [.. _connections.To(peer).Select(one => new ConnectionInfo(one.RemoteAddress, one.IsOutbound, one.IsLimited))];

    /// <summary>Keeps the connections to a peer when others make room, until <see cref="Unprotect"/> takes every reason back.</summary>
    public void Protect(PeerId peer, string reason) => _connections.Protect(peer, reason);

    /// <summary>Takes a reason for <see cref="Protect"/> back; true where none is left.</summary>
    public bool Unprotect(PeerId peer, string reason) => _connections.Unprotect(peer, reason);

    /// <summary>Closes all connections to a peer; its streams end as lost.</summary>
    public async Task DisconnectAsync(PeerId peer)
    {
        foreach (PeerConnection connection in _connections.To(peer))
        {
            await connection.CloseAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The round trip of one <c>/ipfs/ping/1.0.0</c>, the stream's opening not counted; dials where there is no connection. A peer is pinged on one stream at a time, as the protocol demands: another call waits
    /// for the one before.
    /// </summary>
    public Task<TimeSpan> PingAsync(PeerId peer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return _pings.TakeAsync(peer, () => PingNowAsync(peer, cancellationToken), cancellationToken);
    }

    private async Task<TimeSpan> PingNowAsync(PeerId peer, CancellationToken cancellationToken)
    {
        PeerStream stream = await OpenStreamAsync(peer, PingProtocol.Id, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            return await PingProtocol.MeasureAsync(stream, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What a connected peer told about itself; null before it did and after it left.</summary>
    public IdentifiedPeer? Identified(PeerId peer) => _identify.Of(peer);

    /// <summary>Stops listening, closes every connection and waits for the handlers.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _clock.DisposeAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        foreach (ITransportListener listener in _listeners)
        {
            await listener.DisposeAsync().ConfigureAwait(false);
        }

        await Task.WhenAll(_connections.Close().Select(connection => connection.CloseAsync().AsTask())).ConfigureAwait(false);

        await _reception.WhenIdleAsync().ConfigureAwait(false);
        await _tasks.WhenIdleAsync().ConfigureAwait(false);
        await _events.DisposeAsync().ConfigureAwait(false);
        WritePeerStore();
        _upgrader.Dispose();
        _metrics.Dispose();
        _stop.Dispose();
    }

    private PeerStream OpenToSelf(string protocol)
    {
        if (!_protocols.TryGet(protocol, out StreamHandler? handler))
        {
            throw new ProtocolNotSupportedException($"This peer does not serve {protocol}.");
        }

        (MemoryStreamEnd here, MemoryStreamEnd there) = MemoryStreamEnd.CreatePair();
        _tasks.Run(() => InboundStream.HandleAsync(new(there, Id, protocol), handler, _logger, _stopping));
        return new(here, Id, protocol);
    }

    // Until the listener is disposed or, as where its relay is gone, ends by itself.
    private async Task ListenAsync(ITransportListener listener, ImmutableArray<Multiaddress> bound)
    {
        await _reception.AcceptAsync(listener, _stopping).ConfigureAwait(false);
        if (!_stopping.IsCancellationRequested)
        {
            await listener.DisposeAsync().ConfigureAwait(false);
            ImmutableInterlocked.Update(ref _listeners, static (all, ended) => all.Remove(ended), listener);
            ImmutableInterlocked.Update(ref _addresses, static (all, ended) => all.RemoveRange(ended), bound);
            Push();
        }
    }

    private PeerConnection Admit(MuxedConnection muxed, TransportConnection carrier, Multiaddress remoteAddress, bool isOutbound)
    {
        PeerConnection connection = new(muxed, carrier.LocalAddress, remoteAddress, isOutbound, carrier.IsLimited, _protocols, _options, _time, _tasks, _metrics, _identify.IsKnownToSpeak, _connections.ServedStreams, _seldom, _logger);
        try
        {
            if (muxed.RemotePeer == Id)
            {
                throw new ResourceLimitException("This peer keeps no connection to itself.");
            }

            if (Gate.Refuses(connection.RemotePeer))
            {
                throw new BlockedPeerException(connection.RemotePeer);
            }

            if (_connections.Add(connection) is { } idle)
            {
                _tasks.Run(() => idle.CloseAsync().AsTask());
            }
        }
        catch (ResourceLimitException)
        {
            _tasks.Run(() => muxed.DisposeAsync().AsTask());
            throw;
        }

        _metrics.ConnectionOpened(isOutbound);
        connection.Start(_stopping);
        if (!connection.IsLimited)
        {
            _direct.Came(connection.RemotePeer);
        }

        _tasks.Run(() => WatchAsync(connection));
        _tasks.Run(() => IdentifyAsync(connection));
        return connection;
    }

    private async Task WatchAsync(PeerConnection connection)
    {
        await connection.Closed.ConfigureAwait(false);
        if (connection.Violation is { } violation)
        {
            if (_seldom.IsDue("violated", connection.RemoteAddress))
            {
                LogViolated(_logger, connection.RemotePeer, connection.RemoteAddress, violation.Message);
            }

            _metrics.ConnectionViolated();
        }

        _connections.Remove(connection);
    }

    // Both under the table's lock, so that what is known of a peer and what is told of it never contradict the table.
    private void OnFirstConnection(PeerId peer) => _events.Raise(() => PeerConnected?.Invoke(peer));

    private void OnLastConnection(PeerId peer)
    {
        _identify.Forget(peer);
        _events.Raise(() => PeerDisconnected?.Invoke(peer));
    }

    private async Task IdentifyAsync(PeerConnection connection)
    {
        try
        {
            PeerStream stream = await connection.OpenStreamAsync(IdentifyProtocol.Id, _stopping).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                Learned(await _identify.HearAsync(stream, _stopping).ConfigureAwait(false));
            }

            PushTo(connection.RemotePeer);      // a change between its question and the answer to this one
        }
        catch (Exception exception) when (exception is Libp2pException or OperationCanceledException)
        {
            if (exception is ProtocolViolationException)
            {
                _metrics.StreamViolated(IdentifyProtocol.Id);
            }

            if (_seldom.IsDue("unidentified", connection.RemoteAddress))
            {
                LogNotIdentified(_logger, connection.RemotePeer, exception.Message);
            }
        }
    }

    private async Task HearPushAsync(PeerStream stream, CancellationToken cancellationToken) =>
        Learned(await _identify.HearAsync(stream, cancellationToken).ConfigureAwait(false));

    private void Learned(IdentifiedPeer peer)
    {
        if (!_connections.TryGet(peer.Id, takesLimited: true, out _))
        {
            _identify.Forget(peer.Id);
            return;
        }

        _book.Add(peer.Id, peer.ListenAddresses, isProven: true);
        _events.Raise(() => PeerIdentified?.Invoke(peer));
    }

    // What this peer serves, or where, changed: every connected peer that takes pushes hears of it.
    private void Push()
    {
        _identify.Changed();
        foreach (PeerId peer in _connections.Peers)
        {
            PushTo(peer);
        }
    }

    private async Task AnswerIdentifyAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        await _identify.TellAsync(stream, cancellationToken).ConfigureAwait(false);
        PushTo(stream.RemotePeer);      // a change while the answer was on its way
    }

    private void PushTo(PeerId peer)
    {
        if (_identify.NeedsPush(peer) && _connections.TryGet(peer, takesLimited: true, out PeerConnection? connection) && _pushing.TryAdd(peer, 0))
        {
            _tasks.Run(() => PushAsync(connection));
        }
    }

    // One push to a peer at a time, each taken by it before the next, so that none overtakes another.
    private async Task PushAsync(PeerConnection connection)
    {
        bool isTold = false;
        try
        {
            using CancellationTokenSource deadline = new(_options.NegotiationTimeout, _time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(_stopping, deadline.Token);
            PeerStream stream = await connection.OpenStreamAsync(IdentifyProtocol.PushId, either.Token).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                await _identify.TellAsync(stream, either.Token).ConfigureAwait(false);
                await stream.Output.CompleteAsync().ConfigureAwait(false);
                isTold = true;
                await stream.Input.ReadAsync(either.Token).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is Libp2pException or OperationCanceledException)
        {
            LogNotPushed(_logger, connection.RemotePeer, exception.Message);
        }

        _pushing.TryRemove(connection.RemotePeer, out _);
        if (isTold)
        {
            PushTo(connection.RemotePeer);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Peer} was not identified: {Reason}")]
    private static partial void LogNotIdentified(ILogger logger, PeerId peer, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Peer} was not told of a change: {Reason}")]
    private static partial void LogNotPushed(ILogger logger, PeerId peer, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Peer} at {Address} broke the protocol and was disconnected: {Reason}")]
    private static partial void LogViolated(ILogger logger, PeerId peer, Multiaddress address, string reason);
}

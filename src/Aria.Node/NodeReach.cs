using Aria.Libp2p;
using Aria.Libp2p.KadDht;
using Aria.Libp2p.Nat.Circuits;
using Aria.Libp2p.Nat.HolePunching;
using Aria.Libp2p.Nat.LocalDiscovery;
using Aria.Libp2p.Nat.Probing;
using Aria.Libp2p.Transports;
using Microsoft.Extensions.Logging;

namespace Aria.Node;

/// <summary>A node's transports, and what runs on its peer so that it is reached: as its options say.</summary>
internal sealed partial class NodeReach : IAsyncDisposable
{
    private static readonly TimeSpan HoleWait = TimeSpan.FromSeconds(10);

    private readonly ReachOptions _options;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly CircuitTransport _circuits;
    private readonly ITransport[] _dialingBack;
    private readonly List<Func<CancellationToken, Task>> _loops = [];
    private readonly Stack<Func<ValueTask>> _closing = [];
    private ReachabilityWatch? _watch;

    public NodeReach(ReachOptions options, IReadOnlyList<ITransport>? transports, TimeProvider time, ILoggerFactory loggers)
    {
        (_options, _time, _loggers) = (options, time, loggers);
        _logger = loggers.CreateLogger<NodeReach>();
        _circuits = new(new(), time, loggers);
        Transports = [.. (transports ?? [new TcpTransport(IsBehindNat)]).Select(Private), Private(_circuits)];

        // From ports of its own: the NAT of a peer that asks lets in what comes from where it asked, and that says nothing of what others can reach.
        _dialingBack = [.. (transports ?? [new TcpTransport()]).Select(Private)];
    }

    /// <summary>How long a stream to a node that is known through relays alone waits until that one has dialed back, or a hole through the NATs is there.</summary>
    public static TimeSpan DirectConnectionWait => HoleWait;

    /// <summary>Whether others can reach the node; unknown where it does not ask.</summary>
    public Reachability Reachability => _watch?.Reachability ?? Reachability.Unknown;

    /// <summary>What the node's peer is made with.</summary>
    public IReadOnlyList<ITransport> Transports { get; }

    private bool IsBehindNat => _options.MayBeBehindNat || !_options.Relays.IsEmpty;

    /// <summary>Begins to serve, on the peer that was made with <see cref="Transports"/>.</summary>
    public void Attach(LocalPeer peer, Identity identity)
    {
        _circuits.Attach(peer);
        if (IsBehindNat)
        {
            HolePuncher puncher = new(peer, new(), _time, _loggers);
            _closing.Push(puncher.DisposeAsync);
            _watch = new(peer, _options.Watch, _time, _loggers);
            _loops.Add(_watch.RunAsync);
        }

        if (!_options.Relays.IsEmpty)
        {
            _loops.Add(new RelayListening(peer, _circuits, _options.Relays, new(), _time, _loggers).RunAsync);
        }

        if (_options.ServesOthers)
        {
            RelayServer relay = new(peer, identity, new(), _time, _loggers);
            Identity dialerIdentity = Identity.Generate();
            LocalPeer dialer = new(dialerIdentity, _dialingBack, new(), _time, _loggers);
            ProbeServer server = new(peer, dialer, _options.Probes, _time, _loggers);
            _closing.Push(async () =>
            {
                relay.Dispose();
                server.Dispose();
                await dialer.DisposeAsync();
                dialerIdentity.Dispose();
            });
        }

        if (_options.FindsOnLink)
        {
            _loops.Add(cancellationToken => FindAsync(peer, cancellationToken));
        }
    }

    /// <summary>Lets the hash table ask only, while others cannot reach the node, and answer otherwise (specs/discovery.md §1).</summary>
    public void Steer(KadDht dht)
    {
        if (_watch is { } watch)
        {
            watch.Changed += belief =>
            {
                bool isServer = belief.Overall != Reachability.Private;
                if (isServer && !dht.IsServer)
                {
                    dht.Serve();
                }
                else if (!isServer && dht.IsServer)
                {
                    dht.StopServing();
                }
            };
        }
    }

    /// <summary>Runs until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(_loops.Select(loop => loop(cancellationToken)));

    public async ValueTask DisposeAsync()
    {
        while (_closing.TryPop(out Func<ValueTask>? close))
        {
            await close();
        }
    }

    private ITransport Private(ITransport transport) => _options.PrivateNetwork is { } key ? new PrivateTransport(transport, key) : transport;

    private async Task FindAsync(LocalPeer peer, CancellationToken cancellationToken)
    {
        MdnsDiscovery discovery = new(peer, new() { PrivateNetwork = _options.PrivateNetwork }, _time, _loggers);
        discovery.Found += found => _ = ConnectAsync(peer, found, cancellationToken);
        try
        {
            await discovery.RunAsync(cancellationToken);
        }
        catch (ListenFailedException e)
        {
            LogNoDiscovery(_logger, e.Message);
        }
    }

    private async Task ConnectAsync(LocalPeer peer, PeerInfo found, CancellationToken cancellationToken)
    {
        try
        {
            await peer.ConnectAsync(Multiaddress.Parse($"/p2p/{found.Id}"), cancellationToken);
        }
        catch (Exception e) when (e is Libp2pException or OperationCanceledException)
        {
            LogNotConnected(_logger, found.Id, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Nodes on the same link are not looked for: {Reason}")]
    private static partial void LogNoDiscovery(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Peer}, found on the same link, was not connected: {Reason}")]
    private static partial void LogNotConnected(ILogger logger, PeerId peer, string reason);
}

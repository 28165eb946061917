using System.Collections.Immutable;
using Aria.Libp2p.PubSub.Messages;
using Aria.Libp2p.PubSub.Routing;
using Aria.Libp2p.PubSub.Scoring;
using Microsoft.Extensions.Logging;

namespace Aria.Libp2p.PubSub;

/// <summary>
/// Gossipsub 1.2 over one <see cref="LocalPeer"/>: topics that peers publish on and subscribe to (specs/pubsub.md). It speaks to every peer that is identified
/// as speaking the protocol; finding and connecting to peers is the application's. Safe to use from many threads.
/// </summary>
public sealed partial class GossipSub : IAsyncDisposable
{
    private const int MaxExchangeDials = 16;

    // What is spoken, the best first.
    private static readonly ImmutableArray<(string Protocol, GossipVersion Version)> Spoken =
    [
        ("/meshsub/1.2.0", GossipVersion.V12), ("/meshsub/1.1.0", GossipVersion.V11), ("/meshsub/1.0.0", GossipVersion.V10), ("/floodsub/1.0.0", GossipVersion.Floodsub),
    ];

    private readonly LocalPeer _peer;
    private readonly Identity _identity;
    private readonly GossipOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly long _began;
    private readonly Lock _lock = new();
    private readonly GossipRouter _router;                                  // under the lock, as is all that follows
    private readonly Dictionary<PeerId, Outgoing> _outgoing = [];
    private readonly Dictionary<PeerId, Incoming> _incoming = [];
    private readonly HashSet<Task> _running = [];
    private readonly CancellationTokenSource _ending = new();
    private readonly CheckQueue _checks;
    private readonly GossipMetrics _metrics;
    private ImmutableDictionary<string, ImmutableArray<Subscription>> _subscriptions = ImmutableDictionary<string, ImmutableArray<Subscription>>.Empty;
    private ulong _lastSequence;
    private int _exchangeDials;
    private bool _ended;

    private sealed record Outgoing(PeerOutbox Box, Task Running);

    private readonly record struct Due(List<Arrival> Checks, List<RouterAction.Met> Met);

    // The stream that a peer sends on; its frames wait until the peer is known to the router.
    private sealed class Incoming
    {
        public PeerStream? Stream { get; set; }

        public TaskCompletionSource Joined { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>
    /// Begins to speak with the peers that are identified. <paramref name="identity"/> signs what is published and must be the peer's; neither is owned. Meshes are kept
    /// and messages checked while <see cref="RunAsync"/> runs.
    /// </summary>
    public GossipSub(LocalPeer peer, Identity identity, GossipOptions options, TimeProvider time, ILoggerFactory loggers)
        : this(peer, identity, options, time, loggers, Random.Shared.Next())
    {
    }

    internal GossipSub(LocalPeer peer, Identity identity, GossipOptions options, TimeProvider time, ILoggerFactory loggers, int seed)
    {
        ArgumentNullException.ThrowIfNull(peer);
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfNotEqual(identity.PeerId, peer.Id, nameof(identity));
        _peer = peer;
        _identity = identity;
        _options = options;
        _time = time;
        _began = time.GetTimestamp();
        _logger = loggers.CreateLogger<GossipSub>();
        _router = new(peer.Id, options, seed);
        _metrics = new(peer.Id);
        _checks = new(options.MaxChecked, options.MaxCheckedPerPeer);
        foreach ((string protocol, _) in Spoken)
        {
            peer.Handle(protocol, ServeAsync);
        }

        peer.PeerIdentified += OnIdentified;
        peer.PeerDisconnected += OnDisconnected;
        foreach (PeerId connected in peer.ConnectedPeers)
        {
            if (peer.Identified(connected) is { } identified)
            {
                OnIdentified(identified);
            }
        }
    }

    /// <summary>
    /// A connected peer subscribed to a topic: what is published on it from now on goes to that peer. Raised on the thread that hears it, so handlers return soon and throw nothing.
    /// </summary>
    public event Action<PeerId, string>? PeerSubscribed;

    private TimeSpan Now => _time.GetElapsedTime(_began);

    /// <summary>Subscribes to a topic of 1 to 256 bytes of UTF-8. Every validator of its subscriptions must accept a message before anybody gets it.</summary>
    public Subscription Subscribe(string topic, MessageValidator? validator = null)
    {
        ThrowIfNoTopic(topic);
        Subscription subscription = new(topic, validator, _options.MaxUnread, End);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            if (_subscriptions.Count >= _options.MaxTopics && !_subscriptions.ContainsKey(topic))
            {
                throw new ResourceLimitException($"This peer subscribes to {_options.MaxTopics} topics already.");
            }

            _subscriptions = _subscriptions.SetItem(topic, _subscriptions.GetValueOrDefault(topic, []).Add(subscription));
            _router.Subscribe(topic, Now);
            Act();
        }

        return subscription;
    }

    /// <summary>
    /// Signs and sends a message; own subscriptions do not get it. Returns its id and how many peers it went to: 0 where nobody that is connected takes the topic.
    /// </summary>
    public (MessageId Id, int Peers) Publish(string topic, ReadOnlySpan<byte> data)
    {
        ThrowIfNoTopic(topic);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(data.Length, _options.MaxDataBytes, nameof(data));
        ulong sequence;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            sequence = _lastSequence = Math.Max(_lastSequence + 1, UnixNanoseconds());
        }

        GossipMessage message = GossipMessage.Create(_identity, sequence, topic, data);
        lock (_lock)
        {
            int peers = _router.Publish(message, Now);
            Act();
            _metrics.Published();
            return (_options.IdOf(message), peers);
        }
    }

    /// <summary>The peers of a topic's mesh: they get every message at once.</summary>
    public IReadOnlyList<PeerId> MeshOf(string topic)
    {
        lock (_lock)
        {
            return [.. _router.MeshOf(topic)];
        }
    }

    /// <summary>The connected peers that subscribe to a topic.</summary>
    public IReadOnlyList<PeerId> PeersOf(string topic)
    {
        lock (_lock)
        {
            return [.. _router.PeersOf(topic)];
        }
    }

    /// <summary>What a peer's conduct has earned it; 0 for strangers.</summary>
    public double ScoreOf(PeerId peer)
    {
        lock (_lock)
        {
            return _router.ScoreOf(peer);
        }
    }

    /// <summary>Counts against a peer as one breach of the rules (P7), for what only the application can see.</summary>
    public void Penalize(PeerId peer)
    {
        lock (_lock)
        {
            _router.Penalize(peer);
        }
    }

    /// <summary>Checks messages and keeps the meshes at every heartbeat; ends by cancellation.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Task[] checking = [.. Enumerable.Range(0, _options.ParallelChecks).Select(_ => Task.Run(() => CheckAsync(cancellationToken), cancellationToken))];
        try
        {
            using PeriodicTimer heartbeat = new(_options.HeartbeatInterval, _time);
            while (await heartbeat.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                lock (_lock)
                {
                    _router.Heartbeat(Now);
                    Act();
                }
            }
        }
        finally
        {
            await Task.WhenAll(checking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Leaves every topic, ends the streams and waits for them.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] running;
        lock (_lock)
        {
            if (_ended)
            {
                return;
            }

            _ended = true;
            foreach (Outgoing outgoing in _outgoing.Values)
            {
                outgoing.Box.End();
            }

            foreach (Incoming incoming in _incoming.Values)
            {
                incoming.Joined.TrySetCanceled();
                incoming.Stream?.Reset();
            }

            running = [.. _running];
        }

        _peer.PeerIdentified -= OnIdentified;
        _peer.PeerDisconnected -= OnDisconnected;
        await _ending.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (Subscription subscription in _subscriptions.Values.SelectMany(all => all))
        {
            subscription.Dispose();
        }

        _metrics.Dispose();
        _ending.Dispose();
    }

    private static void ThrowIfNoTopic(string topic)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(System.Text.Encoding.UTF8.GetByteCount(topic), RpcBounds.TopicBytes, nameof(topic));
    }

    private ulong UnixNanoseconds() => (ulong)(_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    private void End(Subscription subscription)
    {
        lock (_lock)
        {
            ImmutableArray<Subscription> left = _subscriptions.GetValueOrDefault(subscription.Topic, []).Remove(subscription);
            if (!left.IsEmpty)
            {
                _subscriptions = _subscriptions.SetItem(subscription.Topic, left);
            }
            else if (_subscriptions.ContainsKey(subscription.Topic))
            {
                _subscriptions = _subscriptions.Remove(subscription.Topic);
                if (!_ended)
                {
                    _router.Unsubscribe(subscription.Topic, Now);
                    Act();
                }
            }
        }
    }

    // Does what the router wants, under the lock, so that its order is the order on every stream; returns what is to be done without it.
    private Due Act()
    {
        Due due = new([], []);
        foreach (RouterAction action in _router.TakeActions())
        {
            switch (action)
            {
                case RouterAction.Send(var to, var rpc) when _outgoing.TryGetValue(to, out Outgoing? outgoing):
                    if (!outgoing.Box.TryAdd(rpc))
                    {
                        _metrics.FrameDropped();
                        if (!rpc.IsDroppable)
                        {
                            LogTooSlow(_logger, to);
                            Run(() => _peer.DisconnectAsync(to));
                        }
                    }

                    break;
                case RouterAction.Check(var arrival):
                    due.Checks.Add(arrival);
                    break;
                case RouterAction.Met met:
                    due.Met.Add(met);
                    break;
                case RouterAction.Deliver(var message, _, _):
                    _metrics.Delivered();
                    foreach (Subscription subscription in _subscriptions.GetValueOrDefault(message.Topic, []))
                    {
                        subscription.Deliver(message);
                    }

                    break;
                case RouterAction.Connect(var peer, var record) when _exchangeDials < MaxExchangeDials:
                    _exchangeDials++;
                    Run(() => ConnectAsync(peer, record));
                    break;
            }
        }

        return due;
    }

    // Under the lock.
    private Task Run(Func<Task> work)
    {
        Task task = Task.Run(work);
        _running.Add(task);
        _ = task.ContinueWith(
            done =>
            {
                lock (_lock)
                {
                    _running.Remove(done);
                }
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return task;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Peer} does not read what changes its meshes and is disconnected")]
    private static partial void LogTooSlow(ILogger logger, PeerId peer);
}

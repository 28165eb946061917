using System.Diagnostics.CodeAnalysis;
using Aria.Libp2p.PubSub.Messages;
using Aria.Libp2p.PubSub.Scoring;

namespace Aria.Libp2p.PubSub.Routing;

/// <summary>
/// Everything that gossipsub decides: whom to mesh with, whom to send what, whom to believe (specs/pubsub.md §4-6). A plain object that is stepped by
/// hand: each event returns by <see cref="TakeActions"/> what is to be done, the same for the same events, times and seed. Times count from any fixed
/// moment and never go back. It knows no clock, no stream and no thread.
/// </summary>
internal sealed partial class GossipRouter
{
    private readonly PeerId _self;
    private readonly GossipOptions _options;
    private readonly Random _random;
    private readonly PeerScores _scores;
    private readonly Dictionary<PeerId, RouterPeer> _peers = [];
    private readonly Dictionary<string, HashSet<PeerId>> _topics = [];      // of others
    private readonly Dictionary<string, HashSet<PeerId>> _meshes = [];      // one for each own topic
    private readonly Dictionary<string, Fanout> _fanouts = [];
    private readonly Dictionary<MessageId, List<Arrival>> _arrivals = [];
    private readonly PrunedPeers _pruned = new();
    private readonly Promises _promises = new();
    private readonly SeenMessages _seen;
    private readonly MessageCache _cache;
    private readonly ControlOutbox _control = new();
    private List<RouterAction> _actions = [];
    private long _heartbeats;

    // The peers that messages go to in a topic that this peer publishes on without being subscribed.
    private sealed class Fanout
    {
        public HashSet<PeerId> Peers { get; } = [];

        public TimeSpan LastPublished { get; set; }
    }

    /// <summary>Knows nobody yet.</summary>
    public GossipRouter(PeerId self, GossipOptions options, int seed)
    {
        options.ThrowIfContradictory();
        _self = self;
        _options = options;
        _random = new(seed);
        _scores = new(options.Score);
        _seen = new(options.SeenLifetime, options.MaxSeen);
        _cache = new(options.HistoryLength, options.HistoryGossip);
    }

    public IEnumerable<PeerId> Peers => _peers.Keys;

    public IEnumerable<string> Subscriptions => _meshes.Keys;

    public IReadOnlyCollection<PeerId> MeshOf(string topic) => _meshes.TryGetValue(topic, out HashSet<PeerId>? mesh) ? mesh : [];

    public IReadOnlyCollection<PeerId> PeersOf(string topic) => _topics.TryGetValue(topic, out HashSet<PeerId>? peers) ? peers : [];

    public double ScoreOf(PeerId peer) => _scores.Of(peer);

    /// <summary>What is to be done since the last call, in order.</summary>
    public IReadOnlyList<RouterAction> TakeActions()
    {
        _control.Flush(_actions);
        List<RouterAction> taken = _actions;
        _actions = [];
        return taken;
    }

    /// <summary>A peer can be sent to: it is told the own subscriptions first of all.</summary>
    public void Join(JoinedPeer joined)
    {
        if (_peers.ContainsKey(joined.Id) || joined.Id == _self)
        {
            return;
        }

        _peers[joined.Id] = new(joined);
        _scores.Connected(joined.Id, joined.Host);
        Greet(joined.Id);
    }

    /// <summary>Tells a peer everything that it must know, and what it may have missed; due again where the stream to it had to be opened again.</summary>
    public void Greet(PeerId peer)
    {
        if (!TryPeer(peer, out RouterPeer? greeted))
        {
            return;
        }

        const int ChangesInFrame = 512;
        foreach (string[] topics in _meshes.Keys.Chunk(ChangesInFrame))
        {
            Send(peer, new() { Subscriptions = [.. topics.Select(topic => new TopicChange(topic, IsSubscribed: true))] });
        }

        foreach (string topic in _meshes.Where(mesh => mesh.Value.Contains(peer)).Select(mesh => mesh.Key))
        {
            _control.Graft(peer, topic);
        }

        if (greeted.HasMesh && _scores.Of(peer) >= _options.Score.GossipThreshold)
        {
            foreach (string topic in greeted.Topics)
            {
                if (_cache.Announced(topic) is { Count: > 0 } ids)
                {
                    _control.IHave(peer, new(topic, [.. Shuffled(ids).Take(_options.MaxIHaveLength)]));
                }
            }
        }
    }

    /// <summary>A peer is gone.</summary>
    public void Leave(PeerId peer, TimeSpan now)
    {
        if (!_peers.Remove(peer, out RouterPeer? gone))
        {
            return;
        }

        foreach (string topic in gone.Topics)
        {
            RemoveFrom(_topics, topic, peer);
        }

        foreach (HashSet<PeerId> mesh in _meshes.Values)
        {
            mesh.Remove(peer);
        }

        foreach (Fanout fanout in _fanouts.Values)
        {
            fanout.Peers.Remove(peer);
        }

        _control.Forget(peer);
        _promises.Forget(peer);
        _scores.Disconnected(peer, now);
    }

    /// <summary>Subscribes to a topic and meshes with the best peers that are known for it.</summary>
    public void Subscribe(string topic, TimeSpan now)
    {
        if (_meshes.ContainsKey(topic))
        {
            return;
        }

        _meshes[topic] = [];
        Tell(new(topic, IsSubscribed: true));
        if (_fanouts.Remove(topic, out Fanout? fanout))
        {
            GraftSome(topic, _options.D, now, peer => fanout.Peers.Contains(peer.Id));
        }

        GraftSome(topic, _options.D - _meshes[topic].Count, now);
    }

    /// <summary>Leaves a topic; the peers of its mesh may soon be asked again.</summary>
    public void Unsubscribe(string topic, TimeSpan now)
    {
        if (!_meshes.TryGetValue(topic, out HashSet<PeerId>? mesh))
        {
            return;
        }

        foreach (PeerId peer in mesh.ToArray())
        {
            Prune(topic, peer, _options.UnsubscribeBackoff, _options.ExchangesPeers, now);
        }

        _control.Flush(_actions);
        _meshes.Remove(topic);
        Tell(new(topic, IsSubscribed: false));
    }

    /// <summary>A peer broke the protocol beyond its messages: a frame could not be read.</summary>
    public void Penalize(PeerId peer) => _scores.Penalize(peer, 1);

    private bool IsDirect(PeerId peer) => _options.DirectPeers.Contains(peer);

    private bool IsHeard(PeerId peer) => IsDirect(peer) || _scores.Of(peer) >= _options.Score.GraylistThreshold;

    private void Send(PeerId to, Rpc rpc) => _actions.Add(new RouterAction.Send(to, rpc));

    private void Tell(TopicChange change)
    {
        foreach (PeerId peer in _peers.Keys)
        {
            Send(peer, new() { Subscriptions = [change] });
        }
    }

    private bool TryPeer(PeerId id, [NotNullWhen(true)] out RouterPeer? peer) => _peers.TryGetValue(id, out peer);

    private static void RemoveFrom(Dictionary<string, HashSet<PeerId>> topics, string topic, PeerId peer)
    {
        if (topics.TryGetValue(topic, out HashSet<PeerId>? peers) && peers.Remove(peer) && peers.Count == 0)
        {
            topics.Remove(topic);
        }
    }

    private T[] Shuffled<T>(IEnumerable<T> items)
    {
        T[] shuffled = [.. items];
        _random.Shuffle(shuffled);
        return shuffled;
    }
}

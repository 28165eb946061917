namespace Aria.Libp2p.PubSub.Routing;

/// <summary>Until when a peer must not be grafted in a topic, nor may graft itself.</summary>
internal sealed class PrunedPeers
{
    private readonly Dictionary<(string Topic, PeerId Peer), TimeSpan> _until = [];

    public int Count => _until.Count;

    /// <summary>A back-off that is already longer stays.</summary>
    public void Add(string topic, PeerId peer, TimeSpan until) => _until[(topic, peer)] = until > Until(topic, peer) ? until : _until[(topic, peer)];

    public TimeSpan Until(string topic, PeerId peer) => _until.GetValueOrDefault((topic, peer), TimeSpan.MinValue);

    public bool Contains(string topic, PeerId peer, TimeSpan now) => now < Until(topic, peer);

    public void Forget(TimeSpan now)
    {
        foreach ((string Topic, PeerId Peer) over in _until.Where(one => one.Value <= now).Select(one => one.Key).ToArray())
        {
            _until.Remove(over);
        }
    }
}

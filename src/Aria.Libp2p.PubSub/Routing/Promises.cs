using Aria.Libp2p.PubSub.Messages;

namespace Aria.Libp2p.PubSub.Routing;

/// <summary>
/// Messages that peers announced and were asked for: one of each question is remembered, and whoever has not sent it in time broke its
/// promise (gossipsub v1.1, "Spam Protection Measures").
/// </summary>
internal sealed class Promises
{
    private readonly Dictionary<MessageId, Dictionary<PeerId, TimeSpan>> _due = [];

    public int Count => _due.Count;

    public void Add(PeerId peer, MessageId id, TimeSpan due)
    {
        if (!_due.TryGetValue(id, out Dictionary<PeerId, TimeSpan>? peers))
        {
            _due[id] = peers = [];
        }

        peers.TryAdd(peer, due);
    }

    /// <summary>The message came, from whomever.</summary>
    public void Fulfill(MessageId id) => _due.Remove(id);

    public void Forget(PeerId peer)
    {
        foreach (MessageId id in _due.Where(one => one.Value.Remove(peer) && one.Value.Count == 0).Select(one => one.Key).ToArray())
        {
            _due.Remove(id);
        }
    }

    /// <summary>Takes out the broken promises: how many each peer broke.</summary>
    public Dictionary<PeerId, int> TakeBroken(TimeSpan now)
    {
        Dictionary<PeerId, int> broken = [];
        foreach ((MessageId id, Dictionary<PeerId, TimeSpan> peers) in _due.ToArray())
        {
            foreach (PeerId peer in peers.Where(one => one.Value < now).Select(one => one.Key).ToArray())
            {
                broken[peer] = broken.GetValueOrDefault(peer) + 1;
                peers.Remove(peer);
            }

            if (peers.Count == 0)
            {
                _due.Remove(id);
            }
        }

        return broken;
    }
}

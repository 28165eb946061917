using Aria.Libp2p.PubSub.Messages;

namespace Aria.Libp2p.PubSub.Routing;

/// <summary>The ids that were seen within a lifetime; the oldest make room.</summary>
internal sealed class SeenMessages(TimeSpan lifetime, int max)
{
    private readonly HashSet<MessageId> _ids = [];
    private readonly Queue<(MessageId Id, TimeSpan Seen)> _order = new();

    public int Count => _ids.Count;

    public bool Contains(MessageId id) => _ids.Contains(id);

    public bool Add(MessageId id, TimeSpan now)
    {
        if (!_ids.Add(id))
        {
            return false;
        }

        _order.Enqueue((id, now));
        if (_order.Count > max)
        {
            _ids.Remove(_order.Dequeue().Id);
        }

        return true;
    }

    public void Forget(TimeSpan now)
    {
        while (_order.TryPeek(out (MessageId Id, TimeSpan Seen) oldest) && now - oldest.Seen >= lifetime)
        {
            _ids.Remove(_order.Dequeue().Id);
        }
    }
}

using Aria.Libp2p.PubSub.Messages;

namespace Aria.Libp2p.PubSub.Scoring;

/// <summary>Who delivered which message, so that late copies are judged as the first one was.</summary>
internal sealed class DeliveryRecords(int max, TimeSpan lifetime)
{
    private readonly Dictionary<MessageId, DeliveryRecord> _records = [];
    private readonly Queue<(MessageId Id, TimeSpan Begun)> _order = new();

    public DeliveryRecord? Find(MessageId id) => _records.GetValueOrDefault(id);

    public void Begin(MessageId id, PeerId first, TimeSpan now)
    {
        if (_records.TryAdd(id, new(first)))
        {
            _order.Enqueue((id, now));
            while (_order.Count > max)
            {
                _records.Remove(_order.Dequeue().Id);
            }
        }
    }

    /// <summary>Settles what is open and returns it; null for what is unknown or settled.</summary>
    public DeliveryRecord? Settle(MessageId id, DeliveryStatus status, TimeSpan now)
    {
        if (Find(id) is not { Status: DeliveryStatus.Open } record)
        {
            return null;
        }

        record.Status = status;
        record.SettledAt = now;
        return record;
    }

    public void Forget(TimeSpan now)
    {
        while (_order.TryPeek(out (MessageId Id, TimeSpan Begun) oldest) && now - oldest.Begun >= lifetime)
        {
            _records.Remove(_order.Dequeue().Id);
        }
    }
}

/// <summary>One message's deliverers.</summary>
internal sealed class DeliveryRecord(PeerId first)
{
    public PeerId First { get; } = first;

    public HashSet<PeerId> Others { get; } = [];

    public DeliveryStatus Status { get; set; }

    public TimeSpan SettledAt { get; set; }
}

/// <summary>How a message was judged.</summary>
internal enum DeliveryStatus
{
    /// <summary>Not yet.</summary>
    Open,

    /// <summary>Accepted.</summary>
    Valid,

    /// <summary>Rejected.</summary>
    Invalid,

    /// <summary>Neither.</summary>
    Ignored,
}

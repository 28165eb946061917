using Aria.Libp2p;
using Aria.Libp2p.PubSub;
using Aria.Libp2p.PubSub.Messages;

namespace Aria.Discovery;

/// <summary>
/// Tells other nodes of every record that this one publishes, and a directory of those that others publish, without anybody having asked (specs/discovery.md §8).
/// </summary>
public sealed class CapabilityGossip : IDisposable
{
    private readonly GossipSub _gossip;
    private readonly CapabilityDirectory _directory;
    private readonly CapabilityPublisher _publisher;
    private readonly TimeProvider _time;
    private readonly string _topic;
    private readonly GossipedRecords _records;
    private readonly Lock _lock = new();
    private readonly Lock _telling = new();
    private readonly Subscription _subscription;
    private ReadOnlyMemory<byte> _untold;       // the newest own record, while nobody was there to take it

    /// <summary>Subscribes and begins to publish, with the newest record there is; none of the parts is owned.</summary>
    public CapabilityGossip(GossipSub gossip, string network, CapabilityDirectory directory, CapabilityPublisher publisher, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(gossip);
        ArgumentNullException.ThrowIfNull(publisher);
        _gossip = gossip;
        _directory = directory;
        _publisher = publisher;
        _time = time;
        _topic = TopicOf(network);
        _records = new(network);
        _subscription = gossip.Subscribe(_topic, JudgeAsync);
        gossip.PeerSubscribed += TellFirst;
        publisher.Sealed += Tell;
        if (publisher.Newest is { IsEmpty: false } newest)
        {
            Tell(newest);
        }
    }

    /// <summary>The topic of a network's records.</summary>
    public static string TopicOf(string network) => $"/aria/capabilities/1/{network}";

    /// <summary>Neither publishes nor takes records any more.</summary>
    public void Dispose()
    {
        _publisher.Sealed -= Tell;
        _gossip.PeerSubscribed -= TellFirst;
        _subscription.Dispose();
    }

    private void Tell(ReadOnlyMemory<byte> envelope)
    {
        try
        {
            lock (_telling)
            {
                _untold = _gossip.Publish(_topic, envelope.Span).Peers == 0 ? envelope : default;
            }
        }
        catch (ObjectDisposedException)
        {
            // The node ends; the hash table still hears of it.
        }
    }

    // A node that begins is connected before it knows that anybody takes the topic. One who takes it hands the record on.
    private void TellFirst(PeerId peer, string topic)
    {
        lock (_telling)
        {
            if (topic == _topic && !_untold.IsEmpty)
            {
                Tell(_untold);
            }
        }
    }

    // The record is taken here and not from the subscription: a validator that accepts has read it already.
    private ValueTask<ValidationVerdict> JudgeAsync(GossipMessage message, PeerId from, CancellationToken cancellationToken)
    {
        ValidationVerdict verdict;
        CapabilityRecord? record;
        lock (_lock)
        {
            (verdict, record) = _records.Judge(message.Author!, message.Data.Span, _time.GetUtcNow());
        }

        if (record is not null)
        {
            _directory.Take(record);
        }

        return ValueTask.FromResult(verdict);
    }
}

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
    private readonly Subscription _subscription;

    /// <summary>Subscribes and begins to publish; none of the parts is owned.</summary>
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
        publisher.Sealed += Tell;
    }

    /// <summary>The topic of a network's records.</summary>
    public static string TopicOf(string network) => $"/aria/capabilities/1/{network}";

    /// <summary>Neither publishes nor takes records any more.</summary>
    public void Dispose()
    {
        _publisher.Sealed -= Tell;
        _subscription.Dispose();
    }

    private void Tell(ReadOnlyMemory<byte> envelope)
    {
        try
        {
            _gossip.Publish(_topic, envelope.Span);
        }
        catch (ObjectDisposedException)
        {
            // The node ends; the hash table still hears of it.
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

namespace Aria.Libp2p.PubSub.Messages;

/// <summary>One frame of a stream: changes of subscriptions, messages, control (specs/pubsub.md §2). Lists that are absent on the wire are empty.</summary>
internal sealed record Rpc
{
    public IReadOnlyList<TopicChange> Subscriptions { get; init; } = [];

    public IReadOnlyList<GossipMessage> Messages { get; init; } = [];

    public IReadOnlyList<Announcement> IHave { get; init; } = [];

    public IReadOnlyList<MessageId> IWant { get; init; } = [];

    public IReadOnlyList<string> Graft { get; init; } = [];

    public IReadOnlyList<Pruning> Prune { get; init; } = [];

    public IReadOnlyList<MessageId> IDontWant { get; init; } = [];

    /// <summary>About how many bytes it takes.</summary>
    public int ApproximateBytes
    {
        get
        {
            const int Each = 64;        // of a short entry: id, topic or flag, with what stands before it
            int entries = 1 + Subscriptions.Count + IWant.Count + IDontWant.Count + Graft.Count + IHave.Sum(one => 1 + one.Ids.Count);
            return (Each * entries) + Messages.Sum(message => Each + message.Encoded.Length)
                + Prune.Sum(one => Each + one.Peers.Sum(peer => Each + peer.SignedRecord.Length));
        }
    }

    /// <summary>True where nothing of the mesh's state hangs on the frame: it may be dropped when the other end reads too slowly.</summary>
    public bool IsDroppable => Subscriptions.Count == 0 && Graft.Count == 0 && Prune.Count == 0;
}

/// <summary>The sender subscribes to a topic, or no longer does.</summary>
internal readonly record struct TopicChange(string Topic, bool IsSubscribed);

/// <summary>IHAVE: messages of a topic that the sender has.</summary>
internal sealed record Announcement(string Topic, IReadOnlyList<MessageId> Ids);

/// <summary>PRUNE: the sender takes the receiver out of its mesh of the topic, for how long, and names others.</summary>
/// <param name="Topic">The mesh's topic.</param>
/// <param name="Peers">Other peers of the topic.</param>
/// <param name="Backoff">Until the receiver may ask again; null where the sender does not say. Whole seconds on the wire.</param>
internal sealed record Pruning(string Topic, IReadOnlyList<ExchangedPeer> Peers, TimeSpan? Backoff);

/// <summary>A peer that a PRUNE names; the record is a signed envelope with its addresses, or empty.</summary>
internal sealed record ExchangedPeer(PeerId Id, ReadOnlyMemory<byte> SignedRecord);

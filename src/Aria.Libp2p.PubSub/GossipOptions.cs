using System.Collections.Immutable;
using Aria.Libp2p.PubSub.Messages;
using Aria.Libp2p.PubSub.Scoring;

namespace Aria.Libp2p.PubSub;

/// <summary>Degrees, times and bounds of a <see cref="GossipSub"/>, by the names of the gossipsub specification (specs/pubsub.md §8).</summary>
public sealed record GossipOptions
{
    /// <summary>D: peers in the mesh of a topic, as wished.</summary>
    public int D { get; init; } = 6;

    /// <summary>D_lo: with fewer the mesh takes more in.</summary>
    public int DLow { get; init; } = 5;

    /// <summary>D_hi: with more it prunes down to <see cref="D"/>.</summary>
    public int DHigh { get; init; } = 12;

    /// <summary>D_score: of those kept then, so many by their score.</summary>
    public int DScore { get; init; } = 4;

    /// <summary>D_out: peers of the mesh that this peer dialed, at least; below D_lo and at most D / 2.</summary>
    public int DOut { get; init; } = 2;

    /// <summary>D_lazy: peers outside the mesh that are told what was seen, at least.</summary>
    public int DLazy { get; init; } = 6;

    /// <summary>The share of all peers outside the mesh that are told, where that is more than <see cref="DLazy"/>.</summary>
    public double GossipFactor { get; init; } = 0.25;

    /// <summary>Between two heartbeats.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Heartbeats for which a message can be asked for.</summary>
    public int HistoryLength { get; init; } = 5;

    /// <summary>Heartbeats for which a message is announced.</summary>
    public int HistoryGossip { get; init; } = 3;

    /// <summary>How often a peer may ask for the same message.</summary>
    public int MaxRetransmissions { get; init; } = 3;

    /// <summary>How long the peers for a topic that is only published on are kept after the last message.</summary>
    public TimeSpan FanoutLifetime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a message is known as seen.</summary>
    public TimeSpan SeenLifetime { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Messages known as seen; the oldest make room.</summary>
    public int MaxSeen { get; init; } = 200_000;

    /// <summary>How long a pruned peer may not ask again, and is not asked.</summary>
    public TimeSpan PruneBackoff { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The same where this peer left the topic.</summary>
    public TimeSpan UnsubscribeBackoff { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest back-off that another peer may impose.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromHours(1);

    /// <summary>A GRAFT so soon after a PRUNE counts twice as bad behaviour.</summary>
    public TimeSpan GraftFloodThreshold { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether a PRUNE names other peers of the topic.</summary>
    public bool ExchangesPeers { get; init; } = true;

    /// <summary>Peers that a PRUNE names, and that are taken from one.</summary>
    public int PrunePeers { get; init; } = 16;

    /// <summary>Message ids in an IHAVE, and asked of one peer between two heartbeats.</summary>
    public int MaxIHaveLength { get; init; } = 5000;

    /// <summary>IHAVEs taken from one peer between two heartbeats.</summary>
    public int MaxIHaveMessages { get; init; } = 10;

    /// <summary>How long a peer has to send what it announced and was asked for.</summary>
    public TimeSpan IWantFollowUp { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Bytes of data from which the mesh is told not to send a message any more (1.2).</summary>
    public int IDontWantThreshold { get; init; } = 1024;

    /// <summary>IDONTWANTs taken from one peer between two heartbeats.</summary>
    public int MaxIDontWantMessages { get; init; } = 10;

    /// <summary>Message ids kept of one peer's IDONTWANTs.</summary>
    public int MaxIDontWantLength { get; init; } = 1000;

    /// <summary>Heartbeats for which an IDONTWANT counts.</summary>
    public int IDontWantHeartbeats { get; init; } = 3;

    /// <summary>Whether an own message goes to every peer of the topic whose score allows it, and not to the mesh alone.</summary>
    public bool FloodsOwn { get; init; } = true;

    /// <summary>Heartbeats between two looks whether a mesh needs better peers.</summary>
    public int OpportunisticGraftHeartbeats { get; init; } = 60;

    /// <summary>Peers taken in then.</summary>
    public int OpportunisticGraftPeers { get; init; } = 2;

    /// <summary>Peers by agreement on both sides: always connected and sent to, never in a mesh, never judged. Their addresses are the local peer's to know.</summary>
    public ImmutableHashSet<PeerId> DirectPeers { get; init; } = [];

    /// <summary>Heartbeats between two attempts to connect to direct peers.</summary>
    public int DirectConnectHeartbeats { get; init; } = 300;

    /// <summary>The topics that other peers' subscriptions are remembered for; all where null.</summary>
    public Func<string, bool>? TopicFilter { get; init; }

    /// <summary>Topics remembered of one peer; it is no longer heard where it subscribes to more.</summary>
    public int MaxTopicsPerPeer { get; init; } = 256;

    /// <summary>Topics that all peers' subscriptions and own ones may name together.</summary>
    public int MaxTopics { get; init; } = 4096;

    /// <summary>Bytes of a message's data.</summary>
    public int MaxDataBytes { get; init; } = 1 << 19;

    /// <summary>What makes a message the same message; peers of a topic must agree on it.</summary>
    public Func<GossipMessage, MessageId> IdOf { get; init; } = GossipMessage.DefaultId;

    /// <summary>How peers are judged.</summary>
    public ScoreOptions Score { get; init; } = new();

    /// <summary>Messages of one peer that wait for their checks; its stream is read no further meanwhile.</summary>
    public int MaxCheckedPerPeer { get; init; } = 256;

    /// <summary>Messages of all peers that wait for their checks; more are dropped.</summary>
    public int MaxChecked { get; init; } = 4096;

    /// <summary>Messages that are checked at once.</summary>
    public int ParallelChecks { get; init; } = 16;

    /// <summary>How long a validator may take; after it the message is ignored.</summary>
    public TimeSpan ValidationTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of frames that wait to be sent to one peer; beyond it what can be spared is dropped.</summary>
    public int MaxQueuedBytes { get; init; } = 4 << 20;

    /// <summary>Messages of a subscription that nobody has read; the oldest make room.</summary>
    public int MaxUnread { get; init; } = 4096;

    internal void ThrowIfContradictory()
    {
        if (DOut >= DLow || DOut > D / 2 || DLow > D || D > DHigh || DScore > D || HistoryGossip > HistoryLength || MaxDataBytes > RpcBounds.FrameBytes / 2 || MaxIHaveLength > RpcBounds.Ids)
        {
            throw new ArgumentException("D_out < D_lo ≤ D ≤ D_hi, D_out ≤ D / 2, D_score ≤ D, and the announced history is part of the whole.");
        }
    }
}

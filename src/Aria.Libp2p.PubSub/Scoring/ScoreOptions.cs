using System.Collections.Immutable;

namespace Aria.Libp2p.PubSub.Scoring;

/// <summary>How a peer is judged over all topics, and what its score opens and closes (gossipsub v1.1, "Peer Scoring"; specs/pubsub.md §6).</summary>
public sealed record ScoreOptions
{
    /// <summary>Below it a peer is told and asked nothing outside the mesh; at most 0.</summary>
    public double GossipThreshold { get; init; } = -10;

    /// <summary>Below it a peer gets no own message outside the mesh; at most the gossip threshold.</summary>
    public double PublishThreshold { get; init; } = -50;

    /// <summary>Below it nothing of a peer is heard; at most the publish threshold.</summary>
    public double GraylistThreshold { get; init; } = -80;

    /// <summary>From it on the peers that a PRUNE names are dialed.</summary>
    public double AcceptExchangeThreshold { get; init; } = 10;

    /// <summary>A mesh whose median is below it looks for better peers; above what time in the mesh alone can earn (P1), or mute peers would satisfy it.</summary>
    public double OpportunisticGraftThreshold { get; init; } = 4;

    /// <summary>What is counted in topics that are not named in <see cref="Topics"/>; null: nothing.</summary>
    public TopicScoreOptions? AnyTopic { get; init; } = new();

    /// <summary>What is counted in single topics.</summary>
    public IImmutableDictionary<string, TopicScoreOptions> Topics { get; init; } = ImmutableDictionary<string, TopicScoreOptions>.Empty;

    /// <summary>The most that all topics together can earn; 0: no bound.</summary>
    public double TopicScoreCap { get; init; } = 100;

    /// <summary>P5: what the application thinks of a peer.</summary>
    public Func<PeerId, double>? ApplicationScore { get; init; }

    /// <summary>P5's weight.</summary>
    public double ApplicationWeight { get; init; } = 1;

    /// <summary>P6's weight: negative, on the square of the peers of one host beyond the threshold.</summary>
    public double ColocationWeight { get; init; } = -5;

    /// <summary>P6: peers of one host that are in order.</summary>
    public int ColocationThreshold { get; init; } = 10;

    /// <summary>P6: whether loopback and private addresses count as hosts too.</summary>
    public bool CountsPrivateHosts { get; init; }

    /// <summary>P7's weight: negative, on the square of the penalties beyond the threshold.</summary>
    public double BehaviourWeight { get; init; } = -10;

    /// <summary>P7: penalties that are forgiven.</summary>
    public double BehaviourThreshold { get; init; } = 6;

    /// <summary>P7: what is left of the penalties after each decay interval.</summary>
    public double BehaviourDecay { get; init; } = DecayOver(TimeSpan.FromMinutes(10));

    /// <summary>Between two decays of all counters.</summary>
    public TimeSpan DecayInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Below it a counter is 0.</summary>
    public double DecayToZero { get; init; } = 0.01;

    /// <summary>How long a bad score outlives the connection.</summary>
    public TimeSpan RetainFor { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Peers without a connection whose score is kept; those kept longest make room.</summary>
    public int MaxRetained { get; init; } = 10_000;

    /// <summary>Messages whose deliverers are remembered; the oldest make room.</summary>
    public int MaxDeliveries { get; init; } = 50_000;

    /// <summary>How long they are remembered.</summary>
    public TimeSpan DeliveryLifetime { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>The factor for each second that leaves 0.01 of a counter after <paramref name="time"/>.</summary>
    public static double DecayOver(TimeSpan time) => Math.Pow(0.01, 1 / time.TotalSeconds);

    internal TopicScoreOptions? Of(string topic) => Topics.TryGetValue(topic, out TopicScoreOptions? named) ? named : AnyTopic;
}

/// <summary>How a peer is judged in one topic: P1 to P4. A weight of 0 switches its part off.</summary>
public sealed record TopicScoreOptions
{
    /// <summary>The weight of the whole topic.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>P1's weight: for each quantum in the mesh.</summary>
    public double TimeInMeshWeight { get; init; } = 0.1;

    /// <summary>P1's quantum.</summary>
    public TimeSpan TimeInMeshQuantum { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>P1: quanta that count at most.</summary>
    public double TimeInMeshCap { get; init; } = 30;

    /// <summary>P2's weight: for each message that the peer brought first.</summary>
    public double FirstDeliveriesWeight { get; init; } = 1;

    /// <summary>P2: what is left after each decay interval.</summary>
    public double FirstDeliveriesDecay { get; init; } = ScoreOptions.DecayOver(TimeSpan.FromMinutes(10));

    /// <summary>P2: messages that count at most.</summary>
    public double FirstDeliveriesCap { get; init; } = 20;

    /// <summary>P3's weight: negative, on the square of what a mesh peer delivered too little. Off unless the options name a topic with its rate (specs/pubsub.md §6).</summary>
    public double MeshDeliveriesWeight { get; init; }

    /// <summary>P3: what is left after each decay interval.</summary>
    public double MeshDeliveriesDecay { get; init; } = ScoreOptions.DecayOver(TimeSpan.FromMinutes(1));

    /// <summary>P3: messages that count at most.</summary>
    public double MeshDeliveriesCap { get; init; } = 100;

    /// <summary>P3: messages, decayed, that a mesh peer must deliver.</summary>
    public double MeshDeliveriesThreshold { get; init; } = 10;

    /// <summary>P3: how late after its validation a copy still counts as delivered.</summary>
    public TimeSpan MeshDeliveriesWindow { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>P3: how long a peer is in the mesh before it counts.</summary>
    public TimeSpan MeshDeliveriesActivation { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>P3b's weight: negative, on the deficit with which a peer left the mesh.</summary>
    public double MeshFailureWeight { get; init; }

    /// <summary>P3b: what is left after each decay interval.</summary>
    public double MeshFailureDecay { get; init; } = ScoreOptions.DecayOver(TimeSpan.FromMinutes(10));

    /// <summary>P4's weight: negative, on the square of the invalid messages.</summary>
    public double InvalidDeliveriesWeight { get; init; } = -10;

    /// <summary>P4: what is left after each decay interval.</summary>
    public double InvalidDeliveriesDecay { get; init; } = ScoreOptions.DecayOver(TimeSpan.FromMinutes(30));
}

namespace Aria.Libp2p.PubSub.Scoring;

/// <summary>What one peer did: in each topic, and against the rules.</summary>
internal sealed class PeerConduct(ScoreOptions options)
{
    private readonly Dictionary<string, TopicConduct> _topics = [];

    /// <summary>P7's counter.</summary>
    public double Penalties { get; private set; }

    /// <summary>The host of its connection where hosts count; null else.</summary>
    public string? Host { get; set; }

    /// <summary>When a peer without a connection is forgotten; null while it is connected.</summary>
    public TimeSpan? ForgottenAt { get; set; }

    public double TopicScore
    {
        get
        {
            double sum = _topics.Values.Sum(topic => topic.Score);
            return options.TopicScoreCap > 0 ? Math.Min(sum, options.TopicScoreCap) : sum;
        }
    }

    public double BehaviourScore
    {
        get
        {
            double beyond = Math.Max(0, Penalties - options.BehaviourThreshold);
            return beyond * beyond * options.BehaviourWeight;
        }
    }

    public TopicConduct? In(string topic)
    {
        if (!_topics.TryGetValue(topic, out TopicConduct? conduct) && options.Of(topic) is { } counted)
        {
            _topics[topic] = conduct = new(counted);
        }

        return conduct;
    }

    public void Penalize(double count) => Penalties += count;

    public void Disconnected()
    {
        foreach (TopicConduct topic in _topics.Values)
        {
            topic.Disconnected();
        }
    }

    public void Decay(TimeSpan now)
    {
        Penalties = TopicConduct.Decayed(Penalties, options.BehaviourDecay, options.DecayToZero);
        foreach (TopicConduct topic in _topics.Values)
        {
            topic.Decay(now, options.DecayToZero);
        }
    }
}

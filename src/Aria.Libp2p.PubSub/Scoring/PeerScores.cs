using Aria.Libp2p.PubSub.Messages;

namespace Aria.Libp2p.PubSub.Scoring;

/// <summary>The score of every peer, from what it did (gossipsub v1.1, "The Score Function"). Deterministic; knows no clock.</summary>
internal sealed class PeerScores(ScoreOptions options)
{
    private readonly Dictionary<PeerId, PeerConduct> _peers = [];
    private readonly Dictionary<string, int> _hosts = [];
    private readonly Queue<PeerId> _retained = new();
    private readonly DeliveryRecords _deliveries = new(options.MaxDeliveries, options.DeliveryLifetime);
    private TimeSpan _lastDecay;

    public double Of(PeerId peer)
    {
        if (!_peers.TryGetValue(peer, out PeerConduct? conduct))
        {
            return 0;
        }

        double application = options.ApplicationScore is { } score ? score(peer) * options.ApplicationWeight : 0;
        return conduct.TopicScore + application + ColocationScore(conduct) + conduct.BehaviourScore;
    }

    public void Connected(PeerId peer, string? host)
    {
        if (!_peers.TryGetValue(peer, out PeerConduct? conduct))
        {
            _peers[peer] = conduct = new(options);
        }

        Leave(conduct);
        conduct.ForgottenAt = null;
        conduct.Host = host;
        if (host is not null)
        {
            _hosts[host] = _hosts.GetValueOrDefault(host) + 1;
        }
    }

    public void Disconnected(PeerId peer, TimeSpan now)
    {
        if (!_peers.TryGetValue(peer, out PeerConduct? conduct))
        {
            return;
        }

        bool isGood = Of(peer) > 0;
        Leave(conduct);
        if (isGood)
        {
            _peers.Remove(peer);
            return;
        }

        conduct.Disconnected();
        conduct.ForgottenAt = now + options.RetainFor;
        _retained.Enqueue(peer);
        while (_retained.Count > options.MaxRetained)
        {
            ForgetIf(_retained.Dequeue(), _ => true);
        }
    }

    public void Grafted(PeerId peer, string topic, TimeSpan now) => In(peer, topic)?.Grafted(now);

    public void Pruned(PeerId peer, string topic) => In(peer, topic)?.Pruned();

    /// <summary>P7: the peer broke a rule so many times.</summary>
    public void Penalize(PeerId peer, double count)
    {
        if (_peers.TryGetValue(peer, out PeerConduct? conduct))
        {
            conduct.Penalize(count);
        }
    }

    /// <summary>A message with a good signature came from a peer and goes to the validators.</summary>
    public void Validating(MessageId id, PeerId from, TimeSpan now) => _deliveries.Begin(id, from, now);

    public void Accepted(MessageId id, string topic, TimeSpan now)
    {
        if (_deliveries.Settle(id, DeliveryStatus.Valid, now) is { } record)
        {
            In(record.First, topic)?.DeliveredFirst();
            foreach (PeerId other in record.Others)
            {
                In(other, topic)?.DeliveredAgain(sinceValidated: null);
            }
        }
    }

    public void Rejected(MessageId id, string topic, TimeSpan now)
    {
        if (_deliveries.Settle(id, DeliveryStatus.Invalid, now) is { } record)
        {
            DeliveredInvalid(record.First, topic);
            foreach (PeerId other in record.Others)
            {
                DeliveredInvalid(other, topic);
            }
        }
    }

    public void Ignored(MessageId id, TimeSpan now) => _deliveries.Settle(id, DeliveryStatus.Ignored, now);

    /// <summary>P4: what no validator need see, such as a wrong signature.</summary>
    public void DeliveredInvalid(PeerId peer, string topic) => In(peer, topic)?.DeliveredInvalid();

    /// <summary>Another copy of a message that is known.</summary>
    public void DeliveredAgain(MessageId id, PeerId from, string topic, TimeSpan now)
    {
        if (_deliveries.Find(id) is not { } record || from == record.First || !record.Others.Add(from))
        {
            return;
        }

        if (record.Status == DeliveryStatus.Valid)
        {
            In(from, topic)?.DeliveredAgain(now - record.SettledAt);
        }
        else if (record.Status == DeliveryStatus.Invalid)
        {
            DeliveredInvalid(from, topic);
        }
    }

    /// <summary>Lets counters decay, as often as their interval passed, and forgets peers and messages whose time is over.</summary>
    public void Decay(TimeSpan now)
    {
        _deliveries.Forget(now);
        while (_retained.TryPeek(out PeerId? oldest) && (!_peers.TryGetValue(oldest, out PeerConduct? kept) || kept.ForgottenAt is null || kept.ForgottenAt <= now))
        {
            ForgetIf(_retained.Dequeue(), conduct => conduct.ForgottenAt <= now);
        }

        const int MostAtOnce = 60;      // after a long sleep
        for (int i = 0; i < MostAtOnce && now - _lastDecay >= options.DecayInterval; i++)
        {
            _lastDecay += options.DecayInterval;
            foreach (PeerConduct conduct in _peers.Values)
            {
                if (conduct.ForgottenAt is null)
                {
                    conduct.Decay(now);
                }
            }
        }

        _lastDecay = now - _lastDecay >= options.DecayInterval ? now : _lastDecay;
    }

    private TopicConduct? In(PeerId peer, string topic) => _peers.GetValueOrDefault(peer)?.In(topic);

    private double ColocationScore(PeerConduct conduct)
    {
        double beyond = conduct.Host is { } host ? Math.Max(0, _hosts.GetValueOrDefault(host) - options.ColocationThreshold) : 0;
        return beyond * beyond * options.ColocationWeight;
    }

    private void Leave(PeerConduct conduct)
    {
        if (conduct.Host is { } host && --_hosts[host] == 0)
        {
            _hosts.Remove(host);
        }

        conduct.Host = null;
    }

    private void ForgetIf(PeerId peer, Func<PeerConduct, bool> isOver)
    {
        if (_peers.TryGetValue(peer, out PeerConduct? conduct) && conduct.ForgottenAt is not null && isOver(conduct))
        {
            _peers.Remove(peer);
        }
    }
}

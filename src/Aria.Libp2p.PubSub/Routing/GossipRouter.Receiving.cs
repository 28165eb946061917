using Aria.Libp2p.PubSub.Messages;

namespace Aria.Libp2p.PubSub.Routing;

internal sealed partial class GossipRouter
{
    /// <summary>A frame came from a peer.</summary>
    public void Receive(PeerId from, Rpc rpc, TimeSpan now)
    {
        if (!TryPeer(from, out RouterPeer? peer))
        {
            return;
        }

        HearSubscriptions(peer, rpc.Subscriptions, now);
        if (!IsHeard(from))
        {
            return;
        }

        foreach (GossipMessage message in rpc.Messages)
        {
            HearMessage(peer, message, now);
        }

        HearIHave(peer, rpc.IHave, now);
        HearIWant(peer, rpc.IWant);
        foreach (string topic in rpc.Graft)
        {
            HearGraft(peer, topic, now);
        }

        foreach (Pruning pruning in rpc.Prune)
        {
            HearPrune(peer, pruning, now);
        }

        HearIDontWant(peer, rpc.IDontWant);
    }

    /// <summary>What the check of a signature said. True where the validators are to be asked next: the message is its author's and new.</summary>
    public bool Checked(Arrival arrival, SignatureVerdict verdict, TimeSpan now)
    {
        if (verdict == SignatureVerdict.Good && !_seen.Contains(arrival.Id))
        {
            _seen.Add(arrival.Id, now);
            _promises.Fulfill(arrival.Id);
            _scores.Validating(arrival.Id, arrival.From, now);
            foreach (PeerId copier in arrival.Copies)
            {
                _scores.DeliveredAgain(arrival.Id, copier, arrival.Message.Topic, now);
            }

            SendIDontWant(arrival);
            return true;
        }

        Settle(arrival);
        foreach (PeerId sender in arrival.Copies.Prepend(arrival.From))
        {
            if (verdict == SignatureVerdict.Good)
            {
                _scores.DeliveredAgain(arrival.Id, sender, arrival.Message.Topic, now);
            }
            else if (verdict != SignatureVerdict.Unverifiable)
            {
                _scores.DeliveredInvalid(sender, arrival.Message.Topic);
            }
        }

        return false;
    }

    /// <summary>What the validators said of a message that <see cref="Checked"/> let through.</summary>
    public void Validated(Arrival arrival, ValidationVerdict verdict, TimeSpan now)
    {
        Settle(arrival);
        string topic = arrival.Message.Topic;
        switch (verdict)
        {
            case ValidationVerdict.Accept:
                _scores.Accepted(arrival.Id, topic, now);
                _cache.Put(arrival.Id, arrival.Message);
                Forward(arrival);
                if (_meshes.ContainsKey(topic))
                {
                    _actions.Add(new RouterAction.Deliver(arrival.Message, arrival.Id, arrival.From));
                }

                break;
            case ValidationVerdict.Reject:
                _scores.Rejected(arrival.Id, topic, now);
                break;
            default:
                _scores.Ignored(arrival.Id, now);
                break;
        }
    }

    /// <summary>There was no room to check a message: as if it had not come, but that nobody broke a promise.</summary>
    public void Dropped(Arrival arrival)
    {
        Settle(arrival);
        _promises.Fulfill(arrival.Id);
    }

    private void HearSubscriptions(RouterPeer from, IReadOnlyList<TopicChange> changes, TimeSpan now)
    {
        foreach (TopicChange change in changes)
        {
            if (change.IsSubscribed)
            {
                if (_options.TopicFilter?.Invoke(change.Topic) != false && AddToTopic(from, change.Topic))
                {
                    WelcomeTo(change.Topic, from, now);
                }
            }
            else if (from.Topics.Remove(change.Topic))
            {
                RemoveFrom(_topics, change.Topic, from.Id);
                _fanouts.GetValueOrDefault(change.Topic)?.Peers.Remove(from.Id);
                if (_meshes.TryGetValue(change.Topic, out HashSet<PeerId>? mesh) && mesh.Remove(from.Id))
                {
                    _scores.Pruned(from.Id, change.Topic);
                }
            }
        }
    }

    private bool AddToTopic(RouterPeer peer, string topic)
    {
        if (peer.Topics.Contains(topic))
        {
            return true;
        }

        bool isKnown = _topics.TryGetValue(topic, out HashSet<PeerId>? peers);
        if (peer.Topics.Count >= _options.MaxTopicsPerPeer || (!isKnown && _topics.Count >= _options.MaxTopics && !_meshes.ContainsKey(topic)))
        {
            _scores.Penalize(peer.Id, 1);
            return false;
        }

        if (!isKnown)
        {
            _topics[topic] = peers = [];
        }

        peers!.Add(peer.Id);
        peer.Topics.Add(topic);
        _actions.Add(new RouterAction.Met(peer.Id, topic));
        return true;
    }

    // A mesh that lacks peers does not wait for the next heartbeat.
    private void WelcomeTo(string topic, RouterPeer peer, TimeSpan now)
    {
        if (_meshes.TryGetValue(topic, out HashSet<PeerId>? mesh) && mesh.Count < _options.DLow)
        {
            GraftSome(topic, 1, now, candidate => candidate.Id == peer.Id);
        }
    }

    private void HearMessage(RouterPeer from, GossipMessage message, TimeSpan now)
    {
        // What was not asked for, and own messages that come back.
        if (!_meshes.ContainsKey(message.Topic) || message.Author == _self)
        {
            return;
        }

        if (message.Author is null || message.SequenceBytes.Length != sizeof(ulong) || message.Signature is null || message.Data.Length > _options.MaxDataBytes)
        {
            _scores.DeliveredInvalid(from.Id, message.Topic);
            return;
        }

        MessageId id = _options.IdOf(message);
        _arrivals.TryGetValue(id, out List<Arrival>? arrivals);
        if (arrivals?.Find(one => one.Message.Encoded.Span.SequenceEqual(message.Encoded.Span)) is { } same)
        {
            if (same.From != from.Id && same.Copies.Add(from.Id) && _seen.Contains(id))
            {
                _scores.DeliveredAgain(id, from.Id, message.Topic, now);
            }
        }
        else if (_seen.Contains(id))
        {
            _scores.DeliveredAgain(id, from.Id, message.Topic, now);
        }
        else
        {
            // Other bytes under one id: at most one of them is the author's, and which one the signature tells.
            const int MaxVariants = 16;
            Arrival arrival = new(message, id, from.Id);
            if (arrivals is null)
            {
                _arrivals[id] = arrivals = [];
            }

            if (arrivals.Count < MaxVariants)
            {
                arrivals.Add(arrival);
                _actions.Add(new RouterAction.Check(arrival));
            }
        }
    }

    private void Settle(Arrival arrival)
    {
        if (_arrivals.TryGetValue(arrival.Id, out List<Arrival>? arrivals) && arrivals.Remove(arrival) && arrivals.Count == 0)
        {
            _arrivals.Remove(arrival.Id);
        }
    }
}

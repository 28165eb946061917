using Aria.Libp2p.PubSub.Messages;

namespace Aria.Libp2p.PubSub.Routing;

internal sealed partial class GossipRouter
{
    private void HearGraft(RouterPeer from, string topic, TimeSpan now)
    {
        // For a topic that is not ours there is no answer: it might be a probe, or a race with leaving.
        if (!_meshes.TryGetValue(topic, out HashSet<PeerId>? mesh) || !from.HasMesh || mesh.Contains(from.Id))
        {
            return;
        }

        if (IsDirect(from.Id))
        {
            Prune(topic, from.Id, _options.PruneBackoff, exchange: false, now);
        }
        else if (_pruned.Contains(topic, from.Id, now))
        {
            TimeSpan prunedAt = _pruned.Until(topic, from.Id) - _options.PruneBackoff;
            _scores.Penalize(from.Id, now - prunedAt < _options.GraftFloodThreshold ? 2 : 1);
            Prune(topic, from.Id, _options.PruneBackoff, exchange: false, now);
        }
        else if (_scores.Of(from.Id) < 0)
        {
            Prune(topic, from.Id, _options.PruneBackoff, exchange: false, now);
        }
        else if (mesh.Count >= _options.DHigh && !from.Joined.IsOutbound)
        {
            Prune(topic, from.Id, _options.PruneBackoff, _options.ExchangesPeers, now);
        }
        else
        {
            AddToTopic(from, topic);    // whoever grafts is subscribed, also where the frames cross
            mesh.Add(from.Id);
            _scores.Grafted(from.Id, topic, now);
        }
    }

    private void HearPrune(RouterPeer from, Pruning pruning, TimeSpan now)
    {
        if (!_meshes.TryGetValue(pruning.Topic, out HashSet<PeerId>? mesh))
        {
            return;
        }

        if (mesh.Remove(from.Id))
        {
            _scores.Pruned(from.Id, pruning.Topic);
        }

        TimeSpan backoff = pruning.Backoff ?? _options.PruneBackoff;
        _pruned.Add(pruning.Topic, from.Id, now + (backoff < _options.MaxBackoff ? backoff : _options.MaxBackoff));
        if (_scores.Of(from.Id) < _options.Score.AcceptExchangeThreshold)
        {
            return;
        }

        foreach (ExchangedPeer other in Shuffled(pruning.Peers.Where(other => other.Id != _self && !_peers.ContainsKey(other.Id))).Take(_options.PrunePeers))
        {
            _actions.Add(new RouterAction.Connect(other.Id, other.SignedRecord));
        }
    }

    /// <summary>
    /// Grafts up to <paramref name="count"/> random peers of a topic that may be asked and <paramref name="fits"/>. A back-off counts a heartbeat longer for who asks than for who is asked, so that no two clocks make
    /// a breach of it.
    /// </summary>
    private void GraftSome(string topic, int count, TimeSpan now, Func<RouterPeer, bool>? fits = null)
    {
        if (count <= 0)
        {
            return;
        }

        HashSet<PeerId> mesh = _meshes[topic];
        IEnumerable<RouterPeer> candidates = PeersOf(topic).Select(id => _peers[id])
            .Where(peer => peer.HasMesh && !mesh.Contains(peer.Id) && !IsDirect(peer.Id) && !_pruned.Contains(topic, peer.Id, now - _options.HeartbeatInterval)
                && _scores.Of(peer.Id) >= 0 && fits?.Invoke(peer) != false);
        foreach (RouterPeer peer in Shuffled(candidates).Take(count))
        {
            mesh.Add(peer.Id);
            _scores.Grafted(peer.Id, topic, now);
            _control.Graft(peer.Id, topic);
        }
    }

    private void Prune(string topic, PeerId peer, TimeSpan backoff, bool exchange, TimeSpan now)
    {
        if (_meshes[topic].Remove(peer))
        {
            _scores.Pruned(peer, topic);
        }

        _pruned.Add(topic, peer, now + backoff);
        bool knowsBackoff = TryPeer(peer, out RouterPeer? pruned) && pruned.Joined.Version >= GossipVersion.V11;
        IReadOnlyList<ExchangedPeer> others = exchange && knowsBackoff && _scores.Of(peer) >= 0 ? OthersOf(topic, peer) : [];
        _control.Prune(peer, new(topic, others, knowsBackoff ? backoff : null));
    }

    private ExchangedPeer[] OthersOf(string topic, PeerId pruned) =>
        [
            .. Shuffled(PeersOf(topic).Where(id => id != pruned && _scores.Of(id) >= 0).Select(id => _peers[id]).Where(peer => peer.HasMesh))
                .Take(_options.PrunePeers).Select(peer => new ExchangedPeer(peer.Id, peer.Joined.SignedRecord)),
        ];
}

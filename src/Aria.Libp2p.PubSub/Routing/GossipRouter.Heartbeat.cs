using Aria.Libp2p.PubSub.Messages;

namespace Aria.Libp2p.PubSub.Routing;

internal sealed partial class GossipRouter
{
    /// <summary>Keeps meshes and fan-outs at their size, lets scores decay, announces what was seen; due at every heartbeat interval.</summary>
    public void Heartbeat(TimeSpan now)
    {
        _heartbeats++;
        foreach (RouterPeer peer in _peers.Values)
        {
            peer.Beat();
        }

        foreach ((PeerId peer, int broken) in _promises.TakeBroken(now))
        {
            _scores.Penalize(peer, broken);
        }

        _scores.Decay(now);
        _pruned.Forget(now - _options.HeartbeatInterval);
        _seen.Forget(now);
        ConnectDirect();
        foreach (string topic in _meshes.Keys)
        {
            KeepMesh(topic, now);
            Announce(topic, _meshes[topic]);
        }

        foreach ((string topic, Fanout fanout) in _fanouts.ToArray())
        {
            if (now - fanout.LastPublished >= _options.FanoutLifetime)
            {
                _fanouts.Remove(topic);
                continue;
            }

            KeepFanout(topic, fanout);
            Announce(topic, fanout.Peers);
        }

        _cache.Shift();
    }

    private void KeepMesh(string topic, TimeSpan now)
    {
        HashSet<PeerId> mesh = _meshes[topic];
        foreach (PeerId bad in mesh.Where(peer => _scores.Of(peer) < 0).ToArray())
        {
            Prune(topic, bad, _options.PruneBackoff, exchange: false, now);
        }

        if (mesh.Count < _options.DLow)
        {
            GraftSome(topic, _options.D - mesh.Count, now);
        }

        if (mesh.Count > _options.DHigh)
        {
            HashSet<PeerId> kept = [.. Kept(mesh)];
            foreach (PeerId surplus in mesh.Where(peer => !kept.Contains(peer)).ToArray())
            {
                Prune(topic, surplus, _options.PruneBackoff, _options.ExchangesPeers, now);
            }
        }

        if (mesh.Count >= _options.DLow)
        {
            GraftSome(topic, _options.DOut - mesh.Count(IsOutbound), now, peer => peer.Joined.IsOutbound);
        }

        if (_heartbeats % _options.OpportunisticGraftHeartbeats == 0 && mesh.Count > 1)
        {
            double median = mesh.Select(_scores.Of).Order().ElementAt(mesh.Count / 2);
            if (median < _options.Score.OpportunisticGraftThreshold)
            {
                GraftSome(topic, _options.OpportunisticGraftPeers, now, peer => _scores.Of(peer.Id) > median);
            }
        }
    }

    // D of them: the best, then whom chance picks, but D_out that this peer dialed, if there are.
    private List<PeerId> Kept(HashSet<PeerId> mesh)
    {
        PeerId[] ranked = [.. Shuffled(mesh).OrderByDescending(_scores.Of)];
        PeerId[] order = [.. ranked[.._options.DScore], .. Shuffled(ranked[_options.DScore..])];
        List<PeerId> kept = [.. order[.._options.D]];
        Queue<PeerId> spare = new(order[_options.D..].Where(IsOutbound));
        for (int i = kept.Count - 1; i >= 0 && spare.Count > 0 && kept.Count(IsOutbound) < _options.DOut; i--)
        {
            kept[i] = IsOutbound(kept[i]) ? kept[i] : spare.Dequeue();
        }

        return kept;
    }

    private bool IsOutbound(PeerId peer) => _peers[peer].Joined.IsOutbound;

    private void KeepFanout(string topic, Fanout fanout)
    {
        bool Fits(PeerId peer) => _scores.Of(peer) >= _options.Score.PublishThreshold && _peers[peer].HasMesh && !IsDirect(peer);
        fanout.Peers.RemoveWhere(peer => !PeersOf(topic).Contains(peer) || !Fits(peer));
        fanout.Peers.UnionWith(Shuffled(PeersOf(topic).Where(peer => Fits(peer) && !fanout.Peers.Contains(peer))).Take(_options.D - fanout.Peers.Count));
    }

    // Told are peers outside the mesh, in every heartbeat others; they ask for what they lack.
    private void Announce(string topic, HashSet<PeerId> mesh)
    {
        List<MessageId> ids = _cache.Announced(topic);
        if (ids.Count == 0)
        {
            return;
        }

        PeerId[] candidates = Shuffled(PeersOf(topic).Where(peer =>
            !mesh.Contains(peer) && !IsDirect(peer) && _peers[peer].HasMesh && _scores.Of(peer) >= _options.Score.GossipThreshold));
        int count = Math.Max(_options.DLazy, (int)(_options.GossipFactor * candidates.Length));
        foreach (PeerId peer in candidates.Take(count))
        {
            _control.IHave(peer, new(topic, [.. Shuffled(ids).Take(_options.MaxIHaveLength)]));
        }
    }

    private void ConnectDirect()
    {
        if (_heartbeats % _options.DirectConnectHeartbeats != 1)
        {
            return;
        }

        foreach (PeerId direct in _options.DirectPeers.Order().Where(peer => !_peers.ContainsKey(peer)))
        {
            _actions.Add(new RouterAction.Connect(direct, default));
        }
    }
}

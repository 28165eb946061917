using Aria.Libp2p.PubSub.Messages;

namespace Aria.Libp2p.PubSub.Routing;

internal sealed partial class GossipRouter
{
    /// <summary>Sends an own message on its way; how many peers it goes to at once.</summary>
    public int Publish(GossipMessage message, TimeSpan now)
    {
        MessageId id = _options.IdOf(message);
        _seen.Add(id, now);
        _cache.Put(id, message);
        HashSet<PeerId> targets = Always(message.Topic);
        IEnumerable<PeerId> mesh = _meshes.TryGetValue(message.Topic, out HashSet<PeerId>? joined) ? joined : FanoutOf(message.Topic, now);
        targets.UnionWith(mesh);
        if (_options.FloodsOwn)
        {
            targets.UnionWith(PeersOf(message.Topic).Where(peer => _scores.Of(peer) >= _options.Score.PublishThreshold));
        }

        return Send(message, id, targets);
    }

    private void Forward(Arrival arrival)
    {
        HashSet<PeerId> targets = Always(arrival.Message.Topic);
        targets.UnionWith(MeshOf(arrival.Message.Topic));
        targets.ExceptWith(arrival.Copies);
        targets.Remove(arrival.From);
        Send(arrival.Message, arrival.Id, targets);
    }

    // Those that have no mesh, and those by agreement.
    private HashSet<PeerId> Always(string topic) =>
        [.. PeersOf(topic).Where(peer => IsDirect(peer) || (!_peers[peer].HasMesh && _scores.Of(peer) >= _options.Score.PublishThreshold))];

    private HashSet<PeerId> FanoutOf(string topic, TimeSpan now)
    {
        if (!_fanouts.TryGetValue(topic, out Fanout? fanout))
        {
            _fanouts[topic] = fanout = new();
        }

        fanout.LastPublished = now;
        KeepFanout(topic, fanout);
        return fanout.Peers;
    }

    private int Send(GossipMessage message, MessageId id, HashSet<PeerId> targets)
    {
        int count = 0;
        foreach (PeerId peer in targets)
        {
            if (peer != message.Author && !_peers[peer].Unwanted.ContainsKey(id))
            {
                Send(peer, new() { Messages = [message] });
                count++;
            }
        }

        return count;
    }

    private void HearIHave(RouterPeer from, IReadOnlyList<Announcement> announcements, TimeSpan now)
    {
        if (announcements.Count == 0 || _scores.Of(from.Id) < _options.Score.GossipThreshold || ++from.IHaves > _options.MaxIHaveMessages)
        {
            return;
        }

        MessageId[] lacking =
        [
            .. Shuffled(announcements.Where(one => _meshes.ContainsKey(one.Topic)).SelectMany(one => one.Ids).Distinct()
                .Where(id => !_seen.Contains(id) && !_arrivals.ContainsKey(id)))
                .Take(Math.Max(0, _options.MaxIHaveLength - from.Asked)),
        ];
        if (lacking.Length == 0)
        {
            return;
        }

        from.Asked += lacking.Length;
        _promises.Add(from.Id, lacking[_random.Next(lacking.Length)], now + _options.IWantFollowUp);
        _control.IWant(from.Id, lacking);
    }

    private void HearIWant(RouterPeer from, IReadOnlyList<MessageId> ids)
    {
        if (ids.Count == 0 || _scores.Of(from.Id) < _options.Score.GossipThreshold)
        {
            return;
        }

        // In frames that stay well below what any implementation reads.
        const int FrameBytes = RpcBounds.FrameBytes / 2;
        List<GossipMessage> frame = [];
        int bytes = 0;
        foreach (MessageId id in ids)
        {
            if (!_cache.TryGet(id, from.Id, out GossipMessage? message, out int times) || times > _options.MaxRetransmissions || from.Unwanted.ContainsKey(id))
            {
                continue;
            }

            if (frame.Count > 0 && bytes + message.Encoded.Length > FrameBytes)
            {
                Send(from.Id, new() { Messages = frame });
                (frame, bytes) = ([], 0);
            }

            frame.Add(message);
            bytes += message.Encoded.Length;
        }

        if (frame.Count > 0)
        {
            Send(from.Id, new() { Messages = frame });
        }
    }

    private void HearIDontWant(RouterPeer from, IReadOnlyList<MessageId> ids)
    {
        if (ids.Count == 0 || ++from.IDontWants > _options.MaxIDontWantMessages)
        {
            return;
        }

        foreach (MessageId id in ids.Take(Math.Max(0, _options.MaxIDontWantLength - from.Unwanted.Count)))
        {
            from.Unwanted[id] = _options.IDontWantHeartbeats;
        }
    }

    // Only for what the author signed: otherwise a forger could keep the mesh from sending the real message.
    private void SendIDontWant(Arrival arrival)
    {
        if (arrival.Message.Data.Length < _options.IDontWantThreshold)
        {
            return;
        }

        foreach (PeerId peer in MeshOf(arrival.Message.Topic))
        {
            if (peer != arrival.From && peer != arrival.Message.Author && !arrival.Copies.Contains(peer) && _peers[peer].Joined.Version >= GossipVersion.V12)
            {
                _control.IDontWant(peer, arrival.Id);
            }
        }
    }
}

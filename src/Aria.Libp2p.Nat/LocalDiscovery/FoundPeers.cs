namespace Aria.Libp2p.Nat.LocalDiscovery;

/// <summary>Who was heard of on the link, bounded: while it is full of peers that were heard of lately, nobody new is taken in.</summary>
internal sealed class FoundPeers(int maxPeers, TimeSpan timeToLive, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, LinkedListNode<Heard>> _found = [];
    private readonly LinkedList<Heard> _byAge = new();      // least recently heard of first

    private readonly record struct Heard(PeerInfo Peer, long At);

    /// <summary>True where the peer was not heard of before, or with other addresses, and is remembered now.</summary>
    public bool IsNews(PeerInfo heard)
    {
        long now = time.GetTimestamp();
        lock (_gate)
        {
            if (_found.Remove(heard.Id, out LinkedListNode<Heard>? known))
            {
                _byAge.Remove(known);
            }
            else if (_found.Count >= maxPeers)
            {
                // Somebody who makes peers up does not drive out those that are there.
                if (time.GetElapsedTime(_byAge.First!.Value.At, now) < timeToLive)
                {
                    return false;
                }

                _found.Remove(_byAge.First.Value.Peer.Id);
                _byAge.RemoveFirst();
            }

            _found[heard.Id] = _byAge.AddLast(new Heard(heard, now));
            return known is null || !known.Value.Peer.Addresses.ToHashSet().SetEquals(heard.Addresses);
        }
    }
}

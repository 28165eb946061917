namespace Aria.Libp2p.Connections;

/// <summary>
/// Where peers may be reached: hints, bounded per peer and in peers. The newest addresses stay; the peer that was told of least
/// recently goes first.
/// </summary>
internal sealed class AddressBook(int maxPeers, int maxAddressesPerPeer)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byAge = new();      // least recently told of first

    private sealed record Entry(PeerId Peer, List<Multiaddress> Addresses)
    {
        public bool IsProven { get; set; }
    }

    /// <summary>Grows with every address that is added.</summary>
    public long Version { get; private set; }

    /// <summary>The peers that proved themselves once, the one told of last first, with their addresses.</summary>
    public IReadOnlyList<PeerInfo> Proven
    {
        get
        {
            lock (_gate)
            {
                return [.. _byAge.Where(one => one.IsProven).Reverse().Select(one => new PeerInfo(one.Peer, [.. one.Addresses.AsEnumerable().Reverse()]))];
            }
        }
    }

    /// <summary>Adds addresses; one that ends in another peer is dropped. <paramref name="isProven"/>: the peer itself is or was connected.</summary>
    public void Add(PeerId peer, IEnumerable<Multiaddress> addresses, bool isProven = false)
    {
        Multiaddress[] plain =
        [
            .. addresses.Where(address => address.Peer is null || address.Peer == peer).Select(address => address.WithoutPeer())
                .Where(address => address.Parts[0].Protocol != "p2p").Take(maxAddressesPerPeer),
        ];
        if (plain.Length == 0)
        {
            return;
        }

        lock (_gate)
        {
            LinkedListNode<Entry> node = Touch(peer);
            List<Multiaddress> known = node.Value.Addresses;
            node.Value.IsProven |= isProven;
            Version++;
            foreach (Multiaddress address in plain)
            {
                known.Remove(address);
                known.Add(address);
            }

            known.RemoveRange(0, Math.Max(0, known.Count - maxAddressesPerPeer));
        }
    }

    /// <summary>The addresses of a peer without the peer in them, newest first.</summary>
    public IReadOnlyList<Multiaddress> Of(PeerId peer)
    {
        lock (_gate)
        {
            return _entries.TryGetValue(peer, out LinkedListNode<Entry>? node) ? [.. node.Value.Addresses.AsEnumerable().Reverse()] : [];
        }
    }

    private LinkedListNode<Entry> Touch(PeerId peer)
    {
        if (_entries.TryGetValue(peer, out LinkedListNode<Entry>? node))
        {
            _byAge.Remove(node);
            _byAge.AddLast(node);
            return node;
        }

        if (_entries.Count == maxPeers)
        {
            _entries.Remove(_byAge.First!.Value.Peer);
            _byAge.RemoveFirst();
        }

        return _entries[peer] = _byAge.AddLast(new Entry(peer, []));
    }
}

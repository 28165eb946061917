using System.Collections.Immutable;
using System.Net;

namespace Aria.Libp2p;

/// <summary>
/// Whom a local peer has nothing to do with: blocked peers and networks, and, where a list of allowed peers is set, everybody else. It holds for dials and for
/// inbound connections, and a change ends the connections that it forbids. Safe to use from many threads.
/// </summary>
public sealed class ConnectionGate
{
    private ImmutableHashSet<PeerId> _blocked = [];
    private ImmutableHashSet<PeerId>? _allowed;
    private ImmutableHashSet<IPNetwork> _networks = [];

    internal event Action? Narrowed;

    /// <summary>The blocked peers.</summary>
    public IReadOnlyCollection<PeerId> BlockedPeers => _blocked;

    /// <summary>The blocked networks.</summary>
    public IReadOnlyCollection<IPNetwork> BlockedNetworks => _networks;

    /// <summary>Blocks a peer and ends the connections to it.</summary>
    public void Block(PeerId peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        ImmutableInterlocked.Update(ref _blocked, static (all, one) => all.Add(one), peer);
        Narrowed?.Invoke();
    }

    /// <summary>Takes a peer's block back.</summary>
    public void Unblock(PeerId peer) => ImmutableInterlocked.Update(ref _blocked, static (all, one) => all.Remove(one), peer);

    /// <summary>Blocks a network, such as <c>192.0.2.0/24</c> or <c>2001:db8::/32</c>, and ends the connections to it.</summary>
    public void Block(IPNetwork network)
    {
        ImmutableInterlocked.Update(ref _networks, static (all, one) => all.Add(one), network);
        Narrowed?.Invoke();
    }

    /// <summary>Takes a network's block back.</summary>
    public void Unblock(IPNetwork network) => ImmutableInterlocked.Update(ref _networks, static (all, one) => all.Remove(one), network);

    /// <summary>From now on these peers alone are dealt with; null: everybody who is not blocked.</summary>
    public void AllowOnly(IEnumerable<PeerId>? peers)
    {
        Volatile.Write(ref _allowed, peers is null ? null : [.. peers]);
        Narrowed?.Invoke();
    }

    /// <summary>True where the peer is blocked or not among the allowed ones.</summary>
    public bool Refuses(PeerId peer) => _blocked.Contains(peer) || Volatile.Read(ref _allowed)?.Contains(peer) == false;

    /// <summary>True where the address leads into a blocked network; addresses without an IP never do.</summary>
    public bool Refuses(Multiaddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        ImmutableHashSet<IPNetwork> networks = _networks;
        return !networks.IsEmpty && address.TryGetIPAddress(out IPAddress? ip) && networks.Any(network => network.Contains(ip));
    }
}

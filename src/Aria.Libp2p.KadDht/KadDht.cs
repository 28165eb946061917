using Microsoft.Extensions.Logging;

namespace Aria.Libp2p.KadDht;

/// <summary>
/// A Kademlia distributed hash table over one <see cref="LocalPeer"/>: values under keys, providers of multihashes, peers by id
/// (specs/dht.md). Works alone and among few as among many. Safe to use from many threads.
/// </summary>
public sealed class KadDht : IAsyncDisposable
{
    /// <summary>Begins to serve, where <paramref name="options"/> say so, and to learn of peers as they are identified. The peer is not owned.</summary>
    public KadDht(LocalPeer peer, KadOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(peer);
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
    }

    /// <summary>A peer entered the routing table.</summary>
    public event Action<PeerId>? PeerAdded
    {
        add => throw new NotImplementedException();
        remove => throw new NotImplementedException();
    }

    /// <summary>What it was made with.</summary>
    public KadOptions Options { get; }

    /// <summary>Peers in the routing table.</summary>
    public int RoutingTableCount => throw new NotImplementedException();

    /// <summary>Refreshes the table, drops what expired, announces again what this peer provides; ends by cancellation.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Dials the addresses, each ending in a peer id, and fills the table by looking up the own id. No failure where none answers.</summary>
    public Task BootstrapAsync(IEnumerable<Multiaddress> addresses, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Stores a value here and at the k closest peers; how many peers hold it now, this one counted.</summary>
    /// <exception cref="RecordRefusedException">This peer itself would not take the value.</exception>
    public Task<int> PutAsync(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>The best valid value among this peer's and the closest peers'; null where nobody has one. Peers found with a worse one or none get it.</summary>
    public Task<byte[]?> GetAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Announces this peer as a provider of a sha2-256 multihash, now and at every provide interval.</summary>
    public Task ProvideAsync(ReadOnlyMemory<byte> multihash, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Up to <paramref name="max"/> providers of a multihash, this peer included where it is one.</summary>
    public Task<IReadOnlyList<PeerInfo>> FindProvidersAsync(ReadOnlyMemory<byte> multihash, int max, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Addresses of a peer; null where nobody knows any.</summary>
    public Task<PeerInfo?> FindPeerAsync(PeerId peer, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>The up to k peers closest to a key that answered, the closest first, this one not among them.</summary>
    public Task<IReadOnlyList<PeerInfo>> FindClosestAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Stops learning, ends what runs in the background and waits for it.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

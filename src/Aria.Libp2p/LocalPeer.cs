using Aria.Libp2p.Transports;
using Microsoft.Extensions.Logging;

namespace Aria.Libp2p;

/// <summary>
/// One identity on the network: listens, dials, keeps connections and speaks protocols over them. Every connection is authenticated
/// before anything else happens on it. Safe to use from many threads.
/// </summary>
public sealed class LocalPeer : IAsyncDisposable
{
    /// <summary>A peer that neither listens nor dials yet. It does not own <paramref name="identity"/>.</summary>
    public LocalPeer(Identity identity, IReadOnlyList<ITransport> transports, LocalPeerOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(identity);
        Id = identity.PeerId;
    }

    /// <summary>A peer was identified on a new connection, or pushed a change.</summary>
    public event Action<IdentifiedPeer>? PeerIdentified
    {
        add => throw new NotImplementedException();
        remove => throw new NotImplementedException();
    }

    /// <summary>The first connection to a peer is there.</summary>
    public event Action<PeerId>? PeerConnected
    {
        add => throw new NotImplementedException();
        remove => throw new NotImplementedException();
    }

    /// <summary>The last connection to a peer is gone.</summary>
    public event Action<PeerId>? PeerDisconnected
    {
        add => throw new NotImplementedException();
        remove => throw new NotImplementedException();
    }

    /// <summary>The own id.</summary>
    public PeerId Id { get; }

    /// <summary>What this peer listens on, each ending in <c>/p2p/&lt;id&gt;</c>.</summary>
    public IReadOnlyList<Multiaddress> Addresses => throw new NotImplementedException();

    /// <summary>The peers with a live connection.</summary>
    public IReadOnlyList<PeerId> ConnectedPeers => throw new NotImplementedException();

    /// <summary>Listens on <paramref name="address"/> (port 0: any free one) and returns the bound address with this peer's id; throws <see cref="ListenFailedException"/>.</summary>
    public Task<Multiaddress> ListenAsync(Multiaddress address, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Serves a protocol from now on, in place of its handler before, if any.</summary>
    public void Handle(string protocol, StreamHandler handler) => throw new NotImplementedException();

    /// <summary>Remembers where a peer may be reached. Hints only: whoever answers must still prove the id.</summary>
    public void AddAddresses(PeerId peer, IEnumerable<Multiaddress> addresses) => throw new NotImplementedException();

    /// <summary>The remembered addresses of a peer, each ending in <c>/p2p/&lt;id&gt;</c>.</summary>
    public IReadOnlyList<Multiaddress> AddressesOf(PeerId peer) => throw new NotImplementedException();

    /// <summary>
    /// Connects to the peer at an address that ends in <c>/p2p/&lt;id&gt;</c>, or takes the connection there is. Throws
    /// <see cref="DialFailedException"/>, and <see cref="PeerMismatchException"/> where another peer answered.
    /// </summary>
    public Task<PeerId> ConnectAsync(Multiaddress addressWithPeer, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>
    /// Opens a stream to a peer on an existing connection, else dials its remembered addresses. The own id gives an in-memory stream
    /// to the own handler. Throws <see cref="DialFailedException"/> and <see cref="ProtocolNotSupportedException"/>.
    /// </summary>
    public Task<PeerStream> OpenStreamAsync(PeerId peer, string protocol, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Closes all connections to a peer; its streams end as lost.</summary>
    public Task DisconnectAsync(PeerId peer) => throw new NotImplementedException();

    /// <summary>The round trip of one <c>/ipfs/ping/1.0.0</c>, the stream's opening not counted; dials where there is no connection.</summary>
    public Task<TimeSpan> PingAsync(PeerId peer, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>What a connected peer told about itself; null before it did and after it left.</summary>
    public IdentifiedPeer? Identified(PeerId peer) => throw new NotImplementedException();

    /// <summary>Stops listening, closes every connection and waits for the handlers.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

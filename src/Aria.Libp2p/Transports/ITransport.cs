namespace Aria.Libp2p.Transports;

/// <summary>Carries bytes between addresses of one kind. It knows no identities: every connection is secured above it.</summary>
public interface ITransport
{
    /// <summary>True for addresses of this transport's kind; the peer they may end in does not matter.</summary>
    bool Supports(Multiaddress address);

    /// <summary>Listens on <paramref name="address"/>; throws <see cref="ListenFailedException"/> where it cannot.</summary>
    Task<ITransportListener> ListenAsync(Multiaddress address, CancellationToken cancellationToken);

    /// <summary>Connects to <paramref name="address"/>, which ends in the dialed peer where it is relayed; throws <see cref="DialFailedException"/> where it cannot.</summary>
    Task<TransportConnection> DialAsync(Multiaddress address, CancellationToken cancellationToken);
}

/// <summary>Accepts the connections that arrive at one address. Disposing it ends a waiting accept.</summary>
public interface ITransportListener : IAsyncDisposable
{
    /// <summary>The bound addresses, without a peer; several where it listens on every interface.</summary>
    IReadOnlyList<Multiaddress> Addresses { get; }

    /// <summary>The next connection, or null once the listener is disposed or can accept no more, as where its relay is gone.</summary>
    ValueTask<TransportConnection?> AcceptAsync(CancellationToken cancellationToken);
}

/// <summary>An ordered, reliable, two-way flow of bytes. One reader and one writer at a time.</summary>
public abstract class TransportConnection : IAsyncDisposable
{
    /// <summary>This end's address.</summary>
    public abstract Multiaddress LocalAddress { get; }

    /// <summary>The other end's address.</summary>
    public abstract Multiaddress RemoteAddress { get; }

    /// <summary>True where whoever carries the connection ends it after a while or a number of bytes: only protocols that said so run over it.</summary>
    public virtual bool IsLimited => false;

    /// <summary>
    /// Waits for bytes and returns how many came, 0 at the end; throws <see cref="ConnectionLostException"/>. With an empty buffer it waits for bytes or the end,
    /// takes none and returns 0, so that a connection that waits holds no buffer.
    /// </summary>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Sends all the bytes; throws <see cref="ConnectionLostException"/>.</summary>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Ends both directions; waiting calls fail.</summary>
    public abstract ValueTask DisposeAsync();
}

namespace Aria.Libp2p.Transports;

/// <summary>Another transport within a private network (libp2p's <c>pnet</c>): only peers with the same key can connect. Every transport of a peer must be wrapped for the peer to be private.</summary>
public sealed class PrivateTransport(ITransport transport, PreSharedKey key) : ITransport
{
    /// <inheritdoc/>
    public bool Supports(Multiaddress address) => transport.Supports(address);

    /// <inheritdoc/>
    public async Task<ITransportListener> ListenAsync(Multiaddress address, CancellationToken cancellationToken) =>
        new Listener(await transport.ListenAsync(address, cancellationToken).ConfigureAwait(false), key);

    /// <inheritdoc/>
    public async Task<TransportConnection> DialAsync(Multiaddress address, CancellationToken cancellationToken) =>
        new PrivateConnection(await transport.DialAsync(address, cancellationToken).ConfigureAwait(false), key);

    private sealed class Listener(ITransportListener listener, PreSharedKey key) : ITransportListener
    {
        public IReadOnlyList<Multiaddress> Addresses => listener.Addresses;

        public async ValueTask<TransportConnection?> AcceptAsync(CancellationToken cancellationToken) =>
            await listener.AcceptAsync(cancellationToken).ConfigureAwait(false) is { } connection ? new PrivateConnection(connection, key) : null;

        public ValueTask DisposeAsync() => listener.DisposeAsync();
    }
}

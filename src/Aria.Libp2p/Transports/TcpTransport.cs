namespace Aria.Libp2p.Transports;

/// <summary>TCP: <c>/ip4/…/tcp/…</c>, <c>/ip6/…/tcp/…</c> and, to dial, <c>/dns…/…/tcp/…</c>.</summary>
public sealed class TcpTransport : ITransport
{
    /// <inheritdoc/>
    public bool Supports(Multiaddress address) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Task<ITransportListener> ListenAsync(Multiaddress address, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Task<TransportConnection> DialAsync(Multiaddress address, CancellationToken cancellationToken) => throw new NotImplementedException();
}

using Aria.Libp2p.Transports;

namespace Aria.Libp2p.Nat.Tests.Namespaces;

/// <summary>TCP within a network namespace.</summary>
internal sealed class NamespaceTransport(NetworkNamespace place) : ITransport
{
    private readonly TcpTransport _tcp = new(dialsFromListeningPort: true);

    public bool Supports(Multiaddress address) => _tcp.Supports(address);

    public Task<ITransportListener> ListenAsync(Multiaddress address, CancellationToken cancellationToken) => place.RunAsync(() => _tcp.ListenAsync(address, cancellationToken));

    public Task<TransportConnection> DialAsync(Multiaddress address, CancellationToken cancellationToken) => place.RunAsync(() => _tcp.DialAsync(address, cancellationToken));
}

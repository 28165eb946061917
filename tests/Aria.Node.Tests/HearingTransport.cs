using System.Collections.Concurrent;
using Aria.Libp2p;
using Aria.Libp2p.Transports;

namespace Aria.Node.Tests;

/// <summary>A transport that remembers from where it was called.</summary>
internal sealed class HearingTransport(ITransport transport) : ITransport
{
    public ConcurrentQueue<Multiaddress> Callers { get; } = [];

    public bool Supports(Multiaddress address) => transport.Supports(address);

    public async Task<ITransportListener> ListenAsync(Multiaddress address, CancellationToken cancellationToken) =>
        new Listener(await transport.ListenAsync(address, cancellationToken), Callers);

    public Task<TransportConnection> DialAsync(Multiaddress address, CancellationToken cancellationToken) => transport.DialAsync(address, cancellationToken);

    private sealed class Listener(ITransportListener listener, ConcurrentQueue<Multiaddress> callers) : ITransportListener
    {
        public IReadOnlyList<Multiaddress> Addresses => listener.Addresses;

        public async ValueTask<TransportConnection?> AcceptAsync(CancellationToken cancellationToken)
        {
            TransportConnection? connection = await listener.AcceptAsync(cancellationToken);
            if (connection is not null)
            {
                callers.Enqueue(connection.RemoteAddress);
            }

            return connection;
        }

        public ValueTask DisposeAsync() => listener.DisposeAsync();
    }
}

using Aria.Libp2p;
using Aria.Libp2p.Transports;

namespace Aria.Node.Tests;

/// <summary>Memory, behind something like a NAT: dials go out, and at one of the addresses that may be listened on nobody gets in.</summary>
internal sealed class DeafTransport(MemoryNetwork network, Multiaddress deaf) : ITransport
{
    private readonly MemoryTransport _memory = new(network);

    public bool Supports(Multiaddress address) => _memory.Supports(address);

    public Task<ITransportListener> ListenAsync(Multiaddress address, CancellationToken cancellationToken) =>
        address.Equals(deaf) ? Task.FromResult<ITransportListener>(new DeafListener(address)) : _memory.ListenAsync(address, cancellationToken);

    public Task<TransportConnection> DialAsync(Multiaddress address, CancellationToken cancellationToken) => _memory.DialAsync(address, cancellationToken);

    private sealed class DeafListener(Multiaddress address) : ITransportListener
    {
        private readonly TaskCompletionSource<TransportConnection?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IReadOnlyList<Multiaddress> Addresses => [address];

        public async ValueTask<TransportConnection?> AcceptAsync(CancellationToken cancellationToken) => await _ended.Task.WaitAsync(cancellationToken);

        public ValueTask DisposeAsync()
        {
            _ended.TrySetResult(null);
            return default;
        }
    }
}

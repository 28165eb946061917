using Aria.Libp2p;
using Aria.Libp2p.Transports;

namespace Aria.Gateway.Tests.Network;

/// <summary>A transport whose node cannot send anything while the gate is shut.</summary>
internal sealed class GatedTransport(ITransport inner) : ITransport
{
    private volatile TaskCompletionSource? _shut;

    public void Shut() => _shut = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Open()
    {
        TaskCompletionSource? shut = _shut;
        _shut = null;
        shut?.SetResult();
    }

    public bool Supports(Multiaddress address) => inner.Supports(address);

    public async Task<ITransportListener> ListenAsync(Multiaddress address, CancellationToken cancellationToken) =>
        new Listener(this, await inner.ListenAsync(address, cancellationToken));

    public async Task<TransportConnection> DialAsync(Multiaddress address, CancellationToken cancellationToken) =>
        new Connection(this, await inner.DialAsync(address, cancellationToken));

    private sealed class Listener(GatedTransport gate, ITransportListener inner) : ITransportListener
    {
        public IReadOnlyList<Multiaddress> Addresses => inner.Addresses;

        public async ValueTask<TransportConnection?> AcceptAsync(CancellationToken cancellationToken) =>
            await inner.AcceptAsync(cancellationToken) is { } accepted ? new Connection(gate, accepted) : null;

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class Connection(GatedTransport gate, TransportConnection inner) : TransportConnection
    {
        public override Multiaddress LocalAddress => inner.LocalAddress;

        public override Multiaddress RemoteAddress => inner.RemoteAddress;

        public override ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) => inner.ReceiveAsync(buffer, cancellationToken);

        public override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            if (gate._shut is { } shut)
            {
                await shut.Task.WaitAsync(cancellationToken);
            }

            await inner.SendAsync(bytes, cancellationToken);
        }

        public override ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}

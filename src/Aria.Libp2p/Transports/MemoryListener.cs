using System.Threading.Channels;

namespace Aria.Libp2p.Transports;

/// <summary>Waits at one address of a <see cref="MemoryNetwork"/>.</summary>
internal sealed class MemoryListener(MemoryNetwork network, ulong number) : ITransportListener
{
    private const int MaxWaiting = 128;

    private readonly Channel<TransportConnection> _waiting = Channel.CreateBounded<TransportConnection>(MaxWaiting);

    public IReadOnlyList<Multiaddress> Addresses { get; } = [MemoryNetwork.AddressOf(number)];

    /// <summary>False where the listener is gone or its backlog is full.</summary>
    public bool TryEnqueue(TransportConnection connection) => _waiting.Writer.TryWrite(connection);

    public async ValueTask<TransportConnection?> AcceptAsync(CancellationToken cancellationToken)
    {
        while (await _waiting.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_waiting.Reader.TryRead(out TransportConnection? connection))
            {
                return connection;
            }
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        network.Remove(number);
        _waiting.Writer.TryComplete();
        while (_waiting.Reader.TryRead(out TransportConnection? connection))
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }
}

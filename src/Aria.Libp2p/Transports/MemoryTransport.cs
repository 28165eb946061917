namespace Aria.Libp2p.Transports;

/// <summary>The addresses <c>/memory/1</c>, <c>/memory/2</c> … of one process; peers on different networks never meet. Address 0 stands for a free one.</summary>
public sealed class MemoryNetwork;

/// <summary>Connections within one process, over a <see cref="MemoryNetwork"/>.</summary>
public sealed class MemoryTransport(MemoryNetwork network) : ITransport
{
    /// <summary>Where this transport's addresses live.</summary>
    public MemoryNetwork Network { get; } = network;

    /// <inheritdoc/>
    public bool Supports(Multiaddress address) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Task<ITransportListener> ListenAsync(Multiaddress address, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Task<TransportConnection> DialAsync(Multiaddress address, CancellationToken cancellationToken) => throw new NotImplementedException();
}

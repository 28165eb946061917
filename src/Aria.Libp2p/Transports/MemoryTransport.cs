using System.Globalization;

namespace Aria.Libp2p.Transports;

/// <summary>Connections within one process, over a <see cref="MemoryNetwork"/>: <c>/memory/1</c>.</summary>
public sealed class MemoryTransport(MemoryNetwork network) : ITransport
{
    /// <summary>Where this transport's addresses live.</summary>
    public MemoryNetwork Network { get; } = network;

    /// <inheritdoc/>
    public bool Supports(Multiaddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.WithoutPeer().Parts is [{ Protocol: "memory" }];
    }

    /// <inheritdoc/>
    public Task<ITransportListener> ListenAsync(Multiaddress address, CancellationToken cancellationToken) =>
        Supports(address)
            ? Task.FromResult<ITransportListener>(Network.Listen(NumberOf(address)))
            : throw new ListenFailedException($"{address} is no memory address.");

    /// <inheritdoc/>
    public Task<TransportConnection> DialAsync(Multiaddress address, CancellationToken cancellationToken) =>
        Supports(address)
            ? Task.FromResult<TransportConnection>(Network.Dial(NumberOf(address)))
            : throw new DialFailedException($"{address} is no memory address.");

    private static ulong NumberOf(Multiaddress address) => ulong.Parse(address.Parts[0].Value, CultureInfo.InvariantCulture);
}

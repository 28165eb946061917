using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Aria.Libp2p.Transports;

/// <summary>Addresses by the system's resolver; texts, which that does not look up, from the name servers that the system is configured with.</summary>
public sealed class SystemNameResolver(TimeProvider time) : INameResolver
{
    private const int DnsPort = 53;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<IPAddress>> AddressesAsync(string name, AddressFamily family, CancellationToken cancellationToken)
    {
        try
        {
            return await Dns.GetHostAddressesAsync(name, family, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException exception)
        {
            throw new NameNotResolvedException($"{name}: {exception.Message}.", exception);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> TextsAsync(string name, CancellationToken cancellationToken)
    {
        IPEndPoint[] servers =
        [
            .. NetworkInterface.GetAllNetworkInterfaces().Where(one => one.OperationalStatus == OperationalStatus.Up)
                .SelectMany(one => one.GetIPProperties().DnsAddresses).Distinct().Select(address => new IPEndPoint(address, DnsPort)),
        ];
        return servers.Length > 0
            ? new DnsNameResolver(servers, new(), time).TextsAsync(name, cancellationToken)
            : throw new NameNotResolvedException($"{name}: this system has no name server.");
    }
}

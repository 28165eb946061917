using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Aria.Libp2p.Transports;

/// <summary>TCP: <c>/ip4/…/tcp/…</c>, <c>/ip6/…/tcp/…</c> and, to dial, <c>/dns…/…/tcp/…</c> by the system's resolver.</summary>
public sealed class TcpTransport : ITransport
{
    private const int Backlog = 128;

    /// <inheritdoc/>
    public bool Supports(Multiaddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.WithoutPeer().Parts is [{ Protocol: "ip4" or "ip6" or "dns" or "dns4" or "dns6" }, { Protocol: "tcp" }];
    }

    /// <inheritdoc/>
    public Task<ITransportListener> ListenAsync(Multiaddress address, CancellationToken cancellationToken)
    {
        if (!Supports(address) || !address.TryGetIPAddress(out IPAddress? ip))
        {
            throw new ListenFailedException($"{address} is no TCP address to listen on.");
        }

        Socket socket = Create(ip.AddressFamily);
        try
        {
            if (ip.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = false;
            }

            socket.Bind(new IPEndPoint(ip, PortOf(address)));
            socket.Listen(Backlog);
            return Task.FromResult<ITransportListener>(new TcpListener(socket));
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new ListenFailedException($"{address} cannot be listened on: {exception.Message}.", exception);
        }
    }

    /// <inheritdoc/>
    public async Task<TransportConnection> DialAsync(Multiaddress address, CancellationToken cancellationToken)
    {
        if (!Supports(address))
        {
            throw new DialFailedException($"{address} is no TCP address.");
        }

        Socket? socket = null;
        try
        {
            IPAddress[] candidates = address.TryGetIPAddress(out IPAddress? ip) ? [ip] : await ResolveAsync(address, cancellationToken).ConfigureAwait(false);
            socket = candidates.Length switch
            {
                0 => throw new DialFailedException($"{address} has no IP address."),
                1 => Create(candidates[0].AddressFamily),
                _ => new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true },
            };
            await socket.ConnectAsync(candidates, PortOf(address), cancellationToken).ConfigureAwait(false);
            return new TcpConnection(socket);
        }
        catch (SocketException exception)
        {
            socket?.Dispose();
            throw new DialFailedException($"{address}: {exception.Message}.", exception);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    private static Task<IPAddress[]> ResolveAsync(Multiaddress address, CancellationToken cancellationToken) => Dns.GetHostAddressesAsync(
        address.Parts[0].Value,
        address.Parts[0].Protocol switch
        {
            "dns4" => AddressFamily.InterNetwork,
            "dns6" => AddressFamily.InterNetworkV6,
            _ => AddressFamily.Unspecified,
        },
        cancellationToken);

    private static Socket Create(AddressFamily family) => new(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private static int PortOf(Multiaddress address) => int.Parse(address.Parts[1].Value, CultureInfo.InvariantCulture);
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Aria.Libp2p.Transports;

/// <summary>
/// TCP: <c>/ip4/…/tcp/…</c> and <c>/ip6/…/tcp/…</c>. Names are resolved above it (<see cref="AddressResolution"/>). With <paramref name="dialsFromListeningPort"/>, where the system knows how, dials leave from
/// a port that is listened on, so that the address others see is one that leads back through a NAT: what hole punching needs. Then the system no longer tells when another process of the same user has the port.
/// </summary>
public sealed class TcpTransport(bool dialsFromListeningPort = false) : ITransport
{
    private const int Backlog = 128;

    private readonly ConcurrentDictionary<TcpListener, IPEndPoint> _listening = new();

    /// <inheritdoc/>
    public bool Supports(Multiaddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.WithoutPeer().Parts is [{ Protocol: "ip4" or "ip6" }, { Protocol: "tcp" }];
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

            bool isShared = dialsFromListeningPort && PortSharing.TryAllow(socket);
            socket.Bind(new IPEndPoint(ip, PortOf(address)));
            socket.Listen(Backlog);
            TcpListener listener = new(socket, ended => _listening.TryRemove(ended, out _));
            if (isShared)
            {
                _listening[listener] = (IPEndPoint)socket.LocalEndPoint!;
            }

            return Task.FromResult<ITransportListener>(listener);
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
        if (!Supports(address) || !address.TryGetIPAddress(out IPAddress? ip))
        {
            throw new DialFailedException($"{address} is no TCP address.");
        }

        IPEndPoint remote = new(ip, PortOf(address));
        Socket socket = Create(ip.AddressFamily);       // before anything is awaited: where the system has network namespaces, the caller's thread decides
        try
        {
            if (ListeningFor(remote) is { } local && await TryDialFromAsync(local, remote, cancellationToken).ConfigureAwait(false) is { } connection)
            {
                socket.Dispose();
                return connection;
            }

            await socket.ConnectAsync(remote, cancellationToken).ConfigureAwait(false);
            return new TcpConnection(socket);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new DialFailedException($"{address}: {exception.Message}.", exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // Null where the port cannot be dialed from, as while an older connection between the same two ends lingers.
    private static async Task<TcpConnection?> TryDialFromAsync(IPEndPoint local, IPEndPoint remote, CancellationToken cancellationToken)
    {
        Socket socket = Create(remote.AddressFamily);
        try
        {
            if (!PortSharing.TryAllow(socket))
            {
                socket.Dispose();
                return null;
            }

            socket.Bind(local);
            await socket.ConnectAsync(remote, cancellationToken).ConfigureAwait(false);
            return new(socket);
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AddressNotAvailable or SocketError.InvalidArgument)
        {
            socket.Dispose();
            return null;
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new DialFailedException($"{remote}: {exception.Message}.", exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // A listener that the address can be dialed from: of its family, loopback for loopback alone, and not itself, for a socket can connect to itself.
    private IPEndPoint? ListeningFor(IPEndPoint remote) => _listening.Values.FirstOrDefault(local =>
        local.AddressFamily == remote.AddressFamily
        && (IsAny(local.Address) || IPAddress.IsLoopback(local.Address) == IPAddress.IsLoopback(remote.Address))
        && (local.Port != remote.Port || (!local.Address.Equals(remote.Address) && !(IsAny(local.Address) && IPAddress.IsLoopback(remote.Address)))));

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static Socket Create(AddressFamily family) => new(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private static int PortOf(Multiaddress address) => int.Parse(address.Parts[1].Value, CultureInfo.InvariantCulture);
}

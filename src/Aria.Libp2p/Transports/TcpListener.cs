using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Aria.Libp2p.Transports;

/// <summary>A listening socket. Accepts that fail for one connection, or for want of descriptors, do not end it.</summary>
internal sealed class TcpListener(Socket socket, Action<TcpListener> onDisposed) : ITransportListener
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(50);

    private volatile bool _isDisposed;

    public IReadOnlyList<Multiaddress> Addresses { get; } = AddressesOf((IPEndPoint)socket.LocalEndPoint!);

    public async ValueTask<TransportConnection?> AcceptAsync(CancellationToken cancellationToken)
    {
        while (!_isDisposed)
        {
            try
            {
                Socket accepted = await socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    accepted.NoDelay = true;
                    return new TcpConnection(accepted);
                }
                catch (SocketException)
                {
                    accepted.Dispose();     // it was gone before it was looked at
                }
            }
            catch (SocketException exception) when (!_isDisposed && exception.SocketErrorCode != SocketError.OperationAborted)
            {
                await Task.Delay(PauseAfterFailure, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return null;
            }
        }

        return null;
    }

    public ValueTask DisposeAsync()
    {
        _isDisposed = true;
        onDisposed(this);
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    // A listener on every interface tells the addresses of them all.
    private static Multiaddress[] AddressesOf(IPEndPoint bound)
    {
        if (!bound.Address.Equals(IPAddress.Any) && !bound.Address.Equals(IPAddress.IPv6Any))
        {
            return [Multiaddress.FromEndPoint(bound)];
        }

        Multiaddress[] all =
        [
            .. NetworkInterface.GetAllNetworkInterfaces()
                .Where(one => one.OperationalStatus == OperationalStatus.Up)
                .SelectMany(one => one.GetIPProperties().UnicastAddresses)
                .Select(one => one.Address)
                .Where(address => address.AddressFamily == bound.AddressFamily && !address.IsIPv6LinkLocal)
                .Select(address => Multiaddress.FromEndPoint(new(address, bound.Port))),
        ];
        return all.Length > 0 ? all : [Multiaddress.FromEndPoint(bound)];
    }
}

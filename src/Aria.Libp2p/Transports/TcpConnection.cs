using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Aria.Libp2p.Transports;

/// <summary>A connected TCP socket, without Nagle's delay.</summary>
internal sealed class TcpConnection(Socket socket) : TransportConnection
{
    public override Multiaddress LocalAddress { get; } = Multiaddress.FromEndPoint((IPEndPoint)socket.LocalEndPoint!);

    public override Multiaddress RemoteAddress { get; } = Multiaddress.FromEndPoint((IPEndPoint)socket.RemoteEndPoint!);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            throw new ConnectionLostException($"{RemoteAddress}: {exception.Message}", exception);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await socket.SendAsync(bytes, cancellationToken).ConfigureAwait(false)..];
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            throw new ConnectionLostException($"{RemoteAddress}: {exception.Message}", exception);
        }
    }

    public override ValueTask DisposeAsync()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);       // wakes what waits, and ends the sending in order
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The other end was first.
        }

        socket.Dispose();
        return ValueTask.CompletedTask;
    }
}

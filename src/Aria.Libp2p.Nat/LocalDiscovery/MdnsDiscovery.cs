using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using Aria.Libp2p.Encodings;
using Microsoft.Extensions.Logging;

namespace Aria.Libp2p.Nat.LocalDiscovery;

/// <summary>
/// Finds peers on the same link, and is found, by multicast DNS over IPv4. What is heard is a hint from anybody: addresses go to the local peer's memory, and whoever is dialed there must prove the id.
/// </summary>
public sealed partial class MdnsDiscovery(LocalPeer peer, MdnsOptions options, TimeProvider time, ILoggerFactory loggers)
{
    private const int Port = 5353;
    private const int HopsOnTheLink = 255;
    private const int MaxDatagramBytes = 9000;

    private static readonly IPAddress Group = IPAddress.Parse("224.0.0.251");
    private static readonly TimeSpan FirstQueryPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AnswerPause = TimeSpan.FromSeconds(1);        // RFC 6762 §6: no record more often
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = loggers.CreateLogger<MdnsDiscovery>();
    private readonly MdnsMessages _messages = new(MdnsMessages.ServiceNameOf(options.PrivateNetwork));
    private readonly string _name = MdnsMessages.NewName();
    private readonly FoundPeers _found = new(options.MaxPeers, options.TimeToLive, time);

    /// <summary>A peer was heard of for the first time, or with other addresses than before.</summary>
    public event Action<PeerInfo>? Found;

    /// <summary>Asks and answers until cancelled. Sockets are made before this returns; throws <see cref="ListenFailedException"/> where there is no interface to use.</summary>
    public Task RunAsync(CancellationToken cancellationToken)
    {
        List<Socket> sockets = [];
        try
        {
            foreach (IPAddress address in InterfaceAddresses())
            {
                sockets.Add(Open(address));
            }
        }
        catch (SocketException exception)
        {
            sockets.ForEach(socket => socket.Dispose());
            throw new ListenFailedException($"Multicast DNS cannot be used: {exception.Message}.", exception);
        }

        return sockets.Count > 0 ? RunAsync(sockets, cancellationToken) : throw new ListenFailedException("Multicast DNS cannot be used: no interface carries multicast.");
    }

    private async Task RunAsync(List<Socket> sockets, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(sockets.Select(socket => Task.WhenAll(AskAsync(socket, cancellationToken), HearAsync(socket, cancellationToken)))).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // As asked for.
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    private async Task AskAsync(Socket socket, CancellationToken cancellationToken)
    {
        byte[] question = _messages.Question().Encode();
        for (TimeSpan pause = FirstQueryPause; ; pause = 2 * pause < options.QueryInterval ? 2 * pause : options.QueryInterval)
        {
            await SendAsync(socket, question, cancellationToken).ConfigureAwait(false);
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task HearAsync(Socket socket, CancellationToken cancellationToken)
    {
        const int MinDelayMilliseconds = 20, MaxDelayMilliseconds = 120;      // so that not all answer at once
        byte[] buffer = new byte[MaxDatagramBytes];
        long? answered = null;
        while (true)
        {
            DnsMessage? message = null;
            try
            {
                int length = await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
                DnsMessage.TryDecode(buffer.AsSpan(0, length), out message);
            }
            catch (SocketException exception)
            {
                LogFailed(_logger, exception.Message);
                await Task.Delay(PauseAfterFailure, time, cancellationToken).ConfigureAwait(false);
            }

            if (message is null)
            {
                continue;
            }

            Learn(_messages.Read(message));
            bool isDue = answered is not { } at || time.GetElapsedTime(at) >= AnswerPause;
            if (isDue && _messages.Asks(message, _name) && _messages.Answer(_name, peer.Addresses, options.TimeToLive) is { } answer)
            {
                answered = time.GetTimestamp();
                await Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(MinDelayMilliseconds, MaxDelayMilliseconds)), time, cancellationToken).ConfigureAwait(false);
                await SendAsync(socket, answer.Encode(), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task SendAsync(Socket socket, byte[] message, CancellationToken cancellationToken)
    {
        try
        {
            await socket.SendToAsync(message, new IPEndPoint(Group, Port), cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException exception)
        {
            LogFailed(_logger, exception.Message);      // the link may come back
        }
    }

    private void Learn(IReadOnlyList<PeerInfo> heard)
    {
        foreach (PeerInfo one in heard.Where(one => one.Id != peer.Id && _found.IsNews(one)))
        {
            peer.AddAddresses(one.Id, one.Addresses);
            LogFound(_logger, one.Id);
            Found?.Invoke(one);
        }
    }

    private IEnumerable<IPAddress> InterfaceAddresses() => options.Interfaces.Count > 0
        ? options.Interfaces
        : NetworkInterface.GetAllNetworkInterfaces()
            .Where(one => one is { OperationalStatus: OperationalStatus.Up, SupportsMulticast: true } && one.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .SelectMany(one => one.GetIPProperties().UnicastAddresses).Select(one => one.Address).Where(address => address.AddressFamily == AddressFamily.InterNetwork);

    private static Socket Open(IPAddress address)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);      // others on this machine ask too
            socket.Bind(new IPEndPoint(IPAddress.Any, Port));
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership, new MulticastOption(Group, address));
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastInterface, address.GetAddressBytes());
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastTimeToLive, HopsOnTheLink);
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastLoopback, true);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Found {Peer} on the same link")]
    private static partial void LogFound(ILogger logger, PeerId peer);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Multicast DNS failed for now: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}

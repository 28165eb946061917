using Aria.Libp2p.Transports;
using Microsoft.Extensions.Logging;

namespace Aria.Libp2p.Connections;

/// <summary>Takes in who connects: bounded in number and time until authenticated, bounded per host, and whatever a stranger causes ends with its connection.</summary>
internal sealed partial class Reception(
    Upgrader upgrader, Admission admit, LocalPeerOptions options, ConnectionGate gate, TimeProvider time, PeerMetrics metrics,
    SeldomLogged seldom, ILogger logger)
{
    private readonly AddressQuota _quota = new(options.MaxInboundConnectionsPerHost, options.CountPrivateHosts);
    private readonly AcceptRate _rate = new(options.MaxInboundConnectionsPerHostAndSecond, options.InboundConnectionsBurst, options.CountPrivateHosts, time);
    private readonly TaskSet _handshakes = new();

    /// <summary>Accepts until the listener is disposed.</summary>
    public async Task AcceptAsync(ITransportListener listener, CancellationToken stop)
    {
        try
        {
            while (await listener.AcceptAsync(stop).ConfigureAwait(false) is { } connection)
            {
                if (gate.Refuses(connection.RemoteAddress))
                {
                    await RefuseAsync(connection, "gate", "its network is blocked").ConfigureAwait(false);
                }
                else if (!_rate.TryTake(connection.RemoteAddress))
                {
                    await RefuseAsync(connection, "rate", "the host connects too often").ConfigureAwait(false);
                }
                else if (_handshakes.Count >= options.MaxInboundHandshakes)
                {
                    await RefuseAsync(connection, "handshakes", "too many handshakes run already").ConfigureAwait(false);
                }
                else if (_quota.TryTake(connection.RemoteAddress) is { } giveBack)
                {
                    _handshakes.Run(() => WelcomeAsync(connection, giveBack, stop));
                }
                else
                {
                    await RefuseAsync(connection, "host", "the host has as many connections as it may").ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Shutting down.
        }
    }

    /// <summary>Completes once no handshake runs.</summary>
    public Task WhenIdleAsync() => _handshakes.WhenIdleAsync();

    private async Task WelcomeAsync(TransportConnection connection, Action giveBack, CancellationToken stop)
    {
        Task closed = Task.CompletedTask;
        try
        {
            using CancellationTokenSource deadline = new(options.HandshakeTimeout, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stop, deadline.Token);
            MuxedConnection muxed = await upgrader.UpgradeAsync(connection, isOutbound: false, expected: null, either.Token).ConfigureAwait(false);
            closed = admit(muxed, connection, connection.RemoteAddress, isOutbound: false).Closed;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Shutting down.
        }
        catch (Exception exception)
        {
            (string reason, string text) = exception switch
            {
                OperationCanceledException => ("timeout", $"no handshake within {options.HandshakeTimeout.TotalSeconds:0.###} s"),
                ProtocolViolationException or ProtocolNotSupportedException => ("protocol", exception.Message),
                BlockedPeerException => ("gate", exception.Message),
                ResourceLimitException => ("limit", exception.Message),
                Libp2pException => ("lost", exception.Message),
                _ => ("error", exception.ToString()),
            };
            Note(connection, reason, text);
        }

        _ = closed.ContinueWith((_, give) => ((Action)give!)(), giveBack, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private async Task RefuseAsync(TransportConnection connection, string reason, string text)
    {
        Note(connection, reason, text);
        await connection.DisposeAsync().ConfigureAwait(false);
    }

    // Counted every time, written down once in a while for each host and reason.
    private void Note(TransportConnection connection, string reason, string text)
    {
        if (seldom.IsDue(reason, connection.RemoteAddress))
        {
            LogRefused(logger, connection.RemoteAddress, text);
        }

        metrics.ConnectionRefused(reason);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The connection from {Address} was refused: {Reason}")]
    private static partial void LogRefused(ILogger logger, Multiaddress address, string reason);
}

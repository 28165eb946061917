using Microsoft.Extensions.Logging;

namespace Aria.Libp2p.Nat.Circuits;

/// <summary>Keeps a local peer listening at relays: takes a reservation at each, and takes it again when it is lost.</summary>
public sealed partial class RelayListening(
    LocalPeer peer, CircuitTransport circuits, IReadOnlyList<Multiaddress> relays, CircuitOptions options, TimeProvider time, ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger<RelayListening>();

    /// <summary>Runs until cancelled. Each relay's address ends in its peer id.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(relays.Select(relay => KeepAsync(relay, cancellationToken)));

    private async Task KeepAsync(Multiaddress relay, CancellationToken cancellationToken)
    {
        PeerId id = relay.Peer ?? throw new ArgumentException($"{relay} names no peer.");
        TimeSpan pause = options.FirstRetryPause;
        try
        {
            while (true)
            {
                try
                {
                    Multiaddress address = await peer.ListenAsync(CircuitAddress.Through(relay, id), cancellationToken).ConfigureAwait(false);
                    LogListening(_logger, address);
                    pause = options.FirstRetryPause;
                    await circuits.EndOf(id).WaitAsync(cancellationToken).ConfigureAwait(false);
                }
                catch (ListenFailedException exception)
                {
                    LogRefused(_logger, exception.Message);
                }

                await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
                pause = 2 * pause < options.MaxRetryPause ? 2 * pause : options.MaxRetryPause;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // As asked for.
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Listening through a relay: {Address}")]
    private static partial void LogListening(ILogger logger, Multiaddress address);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Reason}")]
    private static partial void LogRefused(ILogger logger, string reason);
}

using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Aria.Libp2p.Nat.Probing;

/// <summary>
/// Asks connected peers in rounds whether they can reach this one at each of its addresses and where most of them see it, and tells when the belief changes.
/// </summary>
public sealed partial class ReachabilityWatch
{
    private const int MaxObserved = 2;

    private readonly LocalPeer _peer;
    private readonly ReachabilityOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ProbeClient _client;
    private readonly AddressConfidence _confidence;
    private volatile int _reachability;

    /// <summary>Watches <paramref name="peer"/> once <see cref="RunAsync"/> runs.</summary>
    public ReachabilityWatch(LocalPeer peer, ReachabilityOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_peer, _options, _time) = (peer, options, time);
        _logger = loggers.CreateLogger<ReachabilityWatch>();
        _client = new(peer, options.AnswerTimeout, time);
        _confidence = new(options.NeededVotes);
    }

    /// <summary>The belief about the peer as a whole changed.</summary>
    public event Action<Reachability>? Changed;

    /// <summary>The belief about the peer as a whole.</summary>
    public Reachability Reachability => (Reachability)_reachability;

    /// <summary>Asks until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await RoundAsync(cancellationToken).ConfigureAwait(false);
                await Task.Delay(Reachability == Reachability.Unknown ? _options.PauseWhileUnknown : _options.Pause, _time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // As asked for.
        }
    }

    /// <summary>Asks up to <see cref="ReachabilityOptions.ServersPerRound"/> servers about each address.</summary>
    public async Task RoundAsync(CancellationToken cancellationToken)
    {
        Multiaddress[] addresses =
        [
            .. _peer.Addresses.Select(address => address.WithoutPeer()).Concat(ObservedAddresses.Of(_peer).Take(MaxObserved))
                .Where(address => _options.AsksAboutPrivate ? !address.IsRelayed : AddressScope.IsPublic(address)).Distinct(),
        ];
        _confidence.Keep(addresses);
        PeerId[] servers = [.. _peer.ConnectedPeers.Where(_client.Serves)];
        RandomNumberGenerator.Shuffle(servers.AsSpan());
        foreach (PeerId server in servers.Take(_options.ServersPerRound))
        {
            foreach (Multiaddress address in addresses)
            {
                await AskAsync(server, address, cancellationToken).ConfigureAwait(false);
            }
        }

        Reachability now = _confidence.Overall;
        if (now != Reachability)
        {
            _reachability = (int)now;
            LogChanged(_logger, now);
            Changed?.Invoke(now);
        }
    }

    private async Task AskAsync(PeerId server, Multiaddress address, CancellationToken cancellationToken)
    {
        try
        {
            ProbeAnswer answer = await _client.AskAsync(server, [address], cancellationToken).ConfigureAwait(false);
            if (answer.Outcome != ProbeOutcome.Unknown)
            {
                _confidence.Record(address, server, answer.Outcome == ProbeOutcome.Reached);
            }
        }
        catch (Libp2pException exception)
        {
            LogUnanswered(_logger, server, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Reachability is now {Reachability}")]
    private static partial void LogChanged(ILogger logger, Reachability reachability);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Server} did not tell whether it reaches this peer: {Reason}")]
    private static partial void LogUnanswered(ILogger logger, PeerId server, string reason);
}

using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Aria.Libp2p.Nat.Probing;

/// <summary>
/// Asks connected peers in rounds whether they can reach this one at each of its addresses and where most of them see it. When the belief changes it says so, and its peer announces
/// the addresses that lead to it.
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
    private volatile ReachabilityBelief _belief = ReachabilityBelief.None;

    /// <summary>Watches <paramref name="peer"/> once <see cref="RunAsync"/> runs.</summary>
    public ReachabilityWatch(LocalPeer peer, ReachabilityOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_peer, _options, _time) = (peer, options, time);
        _logger = loggers.CreateLogger<ReachabilityWatch>();
        _client = new(peer, options.AnswerTimeout, time);
        _confidence = new(options.NeededVotes);
    }

    /// <summary>The belief about the peer or one of its addresses changed; what the peer announces follows it already.</summary>
    public event Action<ReachabilityBelief>? Changed;

    /// <summary>The belief now.</summary>
    public ReachabilityBelief Belief => _belief;

    /// <summary>The belief about the peer as a whole.</summary>
    public Reachability Reachability => _belief.Overall;

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
        if (addresses.Length > 0)
        {
            _confidence.Keep(addresses);        // with nobody connected it is not known where others see this peer, but nothing changed either
        }

        PeerId[] servers = [.. _peer.ConnectedPeers.Where(_client.Serves)];
        RandomNumberGenerator.Shuffle(servers.AsSpan());
        foreach (PeerId server in servers.Take(_options.ServersPerRound))
        {
            foreach (Multiaddress address in addresses)
            {
                await AskAsync(server, address, cancellationToken).ConfigureAwait(false);
            }
        }

        ReachabilityBelief before = _belief, now = before.After(_confidence, addresses);
        if (now != before)
        {
            _belief = now;
            LogChanged(_logger, now.Overall, now.Reached.Length, now.NotReached.Length);
            _peer.Announce(now.Announced);
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

    [LoggerMessage(Level = LogLevel.Information, Message = "Reachability is {Reachability}: {Reached} addresses can be reached, {NotReached} cannot")]
    private static partial void LogChanged(ILogger logger, Reachability reachability, int reached, int notReached);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Server} did not tell whether it reaches this peer: {Reason}")]
    private static partial void LogUnanswered(ILogger logger, PeerId server, string reason);
}

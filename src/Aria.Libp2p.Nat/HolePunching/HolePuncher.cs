using System.Collections.Concurrent;
using System.Collections.Immutable;
using Aria.Libp2p.Encodings;
using Microsoft.Extensions.Logging;

namespace Aria.Libp2p.Nat.HolePunching;

/// <summary>
/// Turns relayed connections into direct ones (DCUtR): the end that accepted the relayed connection dials the other at its public addresses and, where that leads nowhere, agrees with it over the relay on a
/// moment at which both dial each other. Works from its construction on, as long as the local peer lives; the transport must dial from its listening port
/// (<see cref="Transports.TcpTransport"/>), or others see addresses that lead nowhere.
/// </summary>
public sealed partial class HolePuncher : IAsyncDisposable
{
    private readonly LocalPeer _peer;
    private readonly HolePunchOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<PeerId, Task> _running = new();

    /// <summary>Works for <paramref name="peer"/>.</summary>
    public HolePuncher(LocalPeer peer, HolePunchOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(peer);
        ArgumentNullException.ThrowIfNull(options);
        (_peer, _options, _time) = (peer, options, time);
        _logger = loggers.CreateLogger<HolePuncher>();
        peer.Handle(PunchMessage.Id, AnswerAsync, runsOnLimitedConnections: true);
        peer.PeerIdentified += Begin;
    }

    /// <summary>A peer that was reached through a relay is connected directly; with the number of attempts it took, 0 for a plain dial.</summary>
    public event Action<PeerId, int>? Succeeded;

    /// <summary>Every attempt at a direct connection failed; the peer stays reached through its relay.</summary>
    public event Action<PeerId>? GaveUp;

    /// <summary>Stops beginning, and waits for what runs.</summary>
    public async ValueTask DisposeAsync()
    {
        _peer.StopHandling(PunchMessage.Id);
        _peer.PeerIdentified -= Begin;
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running.Values).ConfigureAwait(false);
        _stop.Dispose();
    }

    // The end that accepted begins, once it knows the other's addresses.
    private void Begin(IdentifiedPeer other)
    {
        if (_running.Count >= _options.MaxAtATime || !NeedsDirect(other.Id) || !_peer.ConnectionsTo(other.Id).Any(one => one is { IsOutbound: false, RemoteAddress.IsRelayed: true }))
        {
            return;
        }

        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_running.TryAdd(other.Id, ended.Task))
        {
            _ = Task.Run(async () =>
            {
                await UpgradeAsync(other).ConfigureAwait(false);
                _running.TryRemove(other.Id, out _);
                ended.SetResult();
            });
        }
    }

    private async Task UpgradeAsync(IdentifiedPeer other)
    {
        try
        {
            if (await TryPlainAsync(other, _stop.Token).ConfigureAwait(false))
            {
                Tell(other.Id, 0);
                return;
            }

            int attempt = 0;
            bool isMet = false;
            while (!isMet && attempt < _options.Attempts && NeedsDirect(other.Id))
            {
                attempt++;
                isMet = await TryMeetAsync(other.Id, _stop.Token).ConfigureAwait(false);
            }

            // The other's dial may have come through where this one did not.
            if (isMet || HasDirect(other.Id))
            {
                Tell(other.Id, attempt);
            }
            else if (NeedsDirect(other.Id))
            {
                GaveUp?.Invoke(other.Id);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // No longer wanted.
        }
    }

    private async Task<bool> TryPlainAsync(IdentifiedPeer other, CancellationToken cancellationToken)
    {
        foreach (Multiaddress address in other.ListenAddresses.Where(IsUsed).Take(PunchMessage.MaxAddresses))
        {
            if (await WithinAsync(_options.DialTimeout, stop => _peer.ConnectAsync(address, stop), cancellationToken).ConfigureAwait(false))
            {
                return true;
            }
        }

        return false;
    }

    private async Task<bool> TryMeetAsync(PeerId other, CancellationToken cancellationToken)
    {
        ImmutableArray<Multiaddress> theirs = [];
        bool isAgreed = await WithinAsync(_options.MessageTimeout, async stop =>
        {
            PeerStream stream = await _peer.OpenStreamAsync(other, PunchMessage.Id, takesLimitedConnection: true, stop).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                long sent = _time.GetTimestamp();
                await SendAsync(stream, new(PunchType.Connect, Observed()), stop).ConfigureAwait(false);
                PunchMessage answer = await HearAsync(stream, PunchType.Connect, stop).ConfigureAwait(false);
                TimeSpan roundTrip = _time.GetElapsedTime(sent);
                theirs = [.. answer.Addresses.Where(IsUsed)];
                await SendAsync(stream, new(PunchType.Sync, []), stop).ConfigureAwait(false);
                await Task.Delay(roundTrip / 2, _time, stop).ConfigureAwait(false);      // then the other end has it
            }
        }, cancellationToken).ConfigureAwait(false);
        return isAgreed && await WithinAsync(_options.DialTimeout, stop => _peer.MeetAsync(other, theirs, isInitiator: false, stop), cancellationToken).ConfigureAwait(false);
    }

    private async Task AnswerAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = new(_options.MessageTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        if (stream.RemoteAddress is not { IsRelayed: true })
        {
            throw new ProtocolViolationException($"{stream.RemotePeer} wants to meet over a direct connection.");
        }

        PunchMessage asked = await HearAsync(stream, PunchType.Connect, either.Token).ConfigureAwait(false);
        await SendAsync(stream, new(PunchType.Connect, Observed()), either.Token).ConfigureAwait(false);
        await HearAsync(stream, PunchType.Sync, either.Token).ConfigureAwait(false);
        Multiaddress[] theirs = [.. asked.Addresses.Where(IsUsed)];
        await WithinAsync(_options.DialTimeout, stop => _peer.MeetAsync(stream.RemotePeer, theirs, isInitiator: true, stop), cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> WithinAsync(TimeSpan time, Func<CancellationToken, Task> act, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = new(time, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await act(either.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (exception is Libp2pException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            LogFailed(_logger, exception.Message);
            return false;
        }
    }

    private void Tell(PeerId peer, int attempts)
    {
        LogSucceeded(_logger, peer, attempts);
        Succeeded?.Invoke(peer, attempts);
    }

    private bool NeedsDirect(PeerId peer) => _peer.ConnectionsTo(peer) is { Count: > 0 } connections && connections.All(one => one.RemoteAddress.IsRelayed);

    private bool HasDirect(PeerId peer) => _peer.ConnectionsTo(peer).Any(one => !one.RemoteAddress.IsRelayed);

    // Where others see this peer is where its NAT lets answers in; then where it listens.
    private ImmutableArray<Multiaddress> Observed() =>
    [
        .. ObservedAddresses.Of(_peer).Concat(_peer.Addresses.Select(address => address.WithoutPeer())).Where(IsUsed).Distinct().Take(PunchMessage.MaxAddresses),
    ];

    private bool IsUsed(Multiaddress address) => _options.UsesPrivate ? !address.IsRelayed : AddressScope.IsPublic(address);

    private static async Task SendAsync(PeerStream stream, PunchMessage message, CancellationToken cancellationToken)
    {
        LengthPrefixed.Write(stream.Output, message.Encode());
        await stream.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task<PunchMessage> HearAsync(PeerStream stream, PunchType type, CancellationToken cancellationToken) =>
        await LengthPrefixed.ReadAsync(stream.Input, PunchMessage.MaxBytes, cancellationToken).ConfigureAwait(false) is { } bytes
            && PunchMessage.TryDecode(bytes, out PunchMessage? message) && message.Type == type
            ? message : throw new ProtocolViolationException($"{stream.RemotePeer} did not send {type}.");

    [LoggerMessage(Level = LogLevel.Debug, Message = "An attempt at a direct connection failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Peer} is connected directly after {Attempts} attempts to meet")]
    private static partial void LogSucceeded(ILogger logger, PeerId peer, int attempts);
}

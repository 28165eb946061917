using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Aria.Libp2p.Nat.Circuits;

/// <summary>
/// A circuit relay (version 2): keeps reservations for connected peers and joins streams to them with streams of others, within its limits. It reads nothing of
/// what it carries and is trusted with nothing: the ends authenticate each other through it. Serves from its construction on; disposed of, it serves no longer, and circuits that are open
/// live on. What it answers is counted on the meter <c>Aria.Libp2p.Nat</c>.
/// </summary>
public sealed partial class RelayServer : IDisposable
{
    private const int MaxToldAddresses = 16;

    private readonly LocalPeer _peer;
    private readonly Identity _identity;
    private readonly RelayOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ReservationTable _table;
    private readonly NatMetrics _metrics;

    /// <summary>Serves on <paramref name="peer"/>, whose identity signs the vouchers.</summary>
    public RelayServer(LocalPeer peer, Identity identity, RelayOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(peer);
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(options);
        _peer = peer;
        _identity = identity;
        _options = options;
        _time = time;
        _logger = loggers.CreateLogger<RelayServer>();
        _table = new(options);
        _metrics = new(peer.Id);
        peer.PeerDisconnected += _table.Release;
        peer.Handle(HopMessage.Id, ServeAsync);
    }

    /// <summary>Peers that hold a reservation.</summary>
    public int Reservations => _table.Reservations;

    /// <summary>Circuits that are open.</summary>
    public int Circuits => _table.Circuits;

    /// <inheritdoc/>
    public void Dispose()
    {
        _peer.StopHandling(HopMessage.Id);
        _peer.PeerDisconnected -= _table.Release;
        _metrics.Dispose();
    }

    private async Task ServeAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        HopMessage request;
        try
        {
            using CancellationTokenSource deadline = new(_options.MessageTimeout, _time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            request = await MessageExchange.HearHopAsync(stream, either.Token).ConfigureAwait(false);
        }
        catch (ProtocolViolationException)
        {
            await AnswerAsync(stream, CircuitStatus.MalformedMessage, cancellationToken).ConfigureAwait(false);
            return;
        }

        switch (request)
        {
            case { Type: HopType.Reserve }:
                await ReserveAsync(stream, cancellationToken).ConfigureAwait(false);
                break;
            case { Type: HopType.Connect, Peer: { } target }:
                await ConnectAsync(stream, target.Id, cancellationToken).ConfigureAwait(false);
                break;
            case { Type: HopType.Connect }:
                await AnswerAsync(stream, CircuitStatus.MalformedMessage, cancellationToken).ConfigureAwait(false);
                break;
            default:
                await AnswerAsync(stream, CircuitStatus.UnexpectedMessage, cancellationToken).ConfigureAwait(false);
                break;
        }
    }

    private async Task ReserveAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        DateTimeOffset now = _time.GetUtcNow();
        DateTimeOffset expires = now + _options.ReservationTime;
        CircuitStatus status = IsRelayed(stream) ? CircuitStatus.PermissionDenied
            : _table.Reserve(stream.RemotePeer, AddressScope.HostOf(stream.RemoteAddress, _options.CountPrivateHosts), now, expires);
        if (status == CircuitStatus.Ok && _peer.ConnectionsTo(stream.RemotePeer).Count == 0)
        {
            _table.Release(stream.RemotePeer);      // it left in between
        }

        LogReservation(_logger, stream.RemotePeer, status);
        _metrics.ReservationAnswered(status);
        if (status != CircuitStatus.Ok)
        {
            await AnswerAsync(stream, status, cancellationToken).ConfigureAwait(false);
            return;
        }

        ulong seconds = (ulong)expires.ToUnixTimeSeconds();
        ImmutableArray<Multiaddress> addresses = [.. _peer.AnnouncedAddresses.Where(address => !address.IsRelayed).Take(MaxToldAddresses)];
        byte[] voucher = new ReservationVoucher(_peer.Id, stream.RemotePeer, seconds).Seal(_identity);
        HopMessage granted = new(HopType.Status) { Status = CircuitStatus.Ok, Reservation = new(seconds, addresses, voucher), Limit = _options.Limit };
        await MessageExchange.SendAsync(stream, granted.Encode(), cancellationToken).ConfigureAwait(false);
    }

    private async Task ConnectAsync(PeerStream source, PeerId target, CancellationToken cancellationToken)
    {
        CircuitStatus status = IsRelayed(source) ? CircuitStatus.PermissionDenied
            : _table.Open(source.RemotePeer, target, _time.GetUtcNow());
        if (status != CircuitStatus.Ok)
        {
            LogCircuit(_logger, source.RemotePeer, target, status);
            _metrics.CircuitAnswered(status);
            await AnswerAsync(source, status, cancellationToken).ConfigureAwait(false);
            return;
        }

        try
        {
            PeerStream? stop = await ReachAsync(source.RemotePeer, target, cancellationToken).ConfigureAwait(false);
            status = stop is null ? CircuitStatus.ConnectionFailed : CircuitStatus.Ok;
            LogCircuit(_logger, source.RemotePeer, target, status);
            _metrics.CircuitAnswered(status);
            if (stop is null)
            {
                await AnswerAsync(source, CircuitStatus.ConnectionFailed, cancellationToken).ConfigureAwait(false);
                return;
            }

            await using (stop.ConfigureAwait(false))
            {
                HopMessage joined = new(HopType.Status) { Status = CircuitStatus.Ok, Limit = _options.Limit };
                await MessageExchange.SendAsync(source, joined.Encode(), cancellationToken).ConfigureAwait(false);
                await Bridge.RunAsync(source, stop, _options.Limit, _time, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _table.Close(source.RemotePeer, target);
        }
    }

    // The target's stream once it agreed; null where it refused, did not answer in time or is gone. A relay dials nobody.
    private async Task<PeerStream?> ReachAsync(PeerId source, PeerId target, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = new(_options.MessageTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        PeerStream? stream = null;
        try
        {
            if (!_peer.ConnectionsTo(target).Any(one => !one.IsLimited))
            {
                return null;
            }

            stream = await _peer.OpenStreamAsync(target, StopMessage.Id, either.Token).ConfigureAwait(false);
            StopMessage connect = new(StopType.Connect) { Peer = new(source, []), Limit = _options.Limit };
            await MessageExchange.SendAsync(stream, connect.Encode(), either.Token).ConfigureAwait(false);
            if (await MessageExchange.HearStopAsync(stream, either.Token).ConfigureAwait(false) is { Type: StopType.Status, Status: CircuitStatus.Ok })
            {
                return stream;
            }
        }
        catch (Exception exception) when (exception is Libp2pException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            LogUnreached(_logger, target, exception.Message);
        }

        stream?.Reset();
        return null;
    }

    private static bool IsRelayed(PeerStream stream) => stream.RemoteAddress is null or { IsRelayed: true };

    private static Task AnswerAsync(PeerStream stream, CircuitStatus status, CancellationToken cancellationToken) =>
        MessageExchange.SendAsync(stream, new HopMessage(HopType.Status) { Status = status }.Encode(), cancellationToken);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Peer} asked for a reservation: {Status}")]
    private static partial void LogReservation(ILogger logger, PeerId peer, CircuitStatus status);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Source} asked for a circuit to {Target}: {Status}")]
    private static partial void LogCircuit(ILogger logger, PeerId source, PeerId target, CircuitStatus status);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The target {Target} of a circuit was not reached: {Reason}")]
    private static partial void LogUnreached(ILogger logger, PeerId target, string reason);
}

using System.Collections.Concurrent;
using Aria.Libp2p.Transports;
using Microsoft.Extensions.Logging;

namespace Aria.Libp2p.Nat.Circuits;

/// <summary>
/// Listens and dials through circuit relays (version 2): <c>/ip4/…/tcp/…/p2p/RELAY/p2p-circuit[/p2p/TARGET]</c>. Give it to a <see cref="LocalPeer"/> among its
/// transports, then <see cref="Attach"/> it to that peer. To listen, it takes a reservation and keeps it fresh; the listened address goes away with the
/// reservation (<see cref="RelayListening"/> takes it again). Connections through a relay that limits them are limited: only protocols that said so run over them.
/// </summary>
public sealed partial class CircuitTransport(CircuitOptions options, TimeProvider time, ILoggerFactory loggers) : ITransport
{
    private const string KeepReason = "relay";

    private readonly ILogger _logger = loggers.CreateLogger<CircuitTransport>();
    private readonly ConcurrentDictionary<PeerId, CircuitListener> _listeners = new();
    private LocalPeer? _peer;

    private LocalPeer Peer => _peer ?? throw new InvalidOperationException("The circuit transport is not attached to its local peer.");

    /// <summary>Names the peer that this transport belongs to. Once, before it is used.</summary>
    public void Attach(LocalPeer peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (Interlocked.CompareExchange(ref _peer, peer, null) is not null)
        {
            throw new InvalidOperationException("The circuit transport belongs to a peer already.");
        }

        peer.PeerDisconnected += left =>
        {
            if (_listeners.TryGetValue(left, out CircuitListener? listener))
            {
                listener.End();
            }
        };
    }

    /// <inheritdoc/>
    public bool Supports(Multiaddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.IsRelayed && CircuitAddress.TryRead(address, out _);
    }

    /// <inheritdoc/>
    public async Task<ITransportListener> ListenAsync(Multiaddress address, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (!CircuitAddress.TryRead(address, out CircuitAddress circuit))
        {
            throw new ListenFailedException($"{address} names no relay to listen at.");
        }

        try
        {
            PeerId relay = await Peer.ConnectAsync(circuit.Relay, cancellationToken).ConfigureAwait(false);
            Peer.Handle(StopMessage.Id, AcceptAsync);
            ReservationGrant grant = await ReserveAsync(relay, cancellationToken).ConfigureAwait(false);
            Multiaddress[] told =
            [
                .. grant.Addresses.Where(one => !one.IsRelayed && one.Parts[0].Protocol != "p2p" && (one.Peer is null || one.Peer == relay))
                    .Select(one => CircuitAddress.Through(one, relay)).Distinct(),
            ];
            CircuitListener listener = new(
                relay, told.Length > 0 ? told : [CircuitAddress.Through(circuit.Relay, relay)], options.MaxWaitingCircuits,
                stop => KeepAsync(relay, grant, stop), Ended);
            if (!_listeners.TryAdd(relay, listener))
            {
                await listener.DisposeAsync().ConfigureAwait(false);
                throw new ListenFailedException($"This peer listens at the relay {relay} already.");
            }

            Peer.Protect(relay, KeepReason);
            if (listener.Ended.IsCompleted || Peer.ConnectionsTo(relay).Count == 0)
            {
                await listener.DisposeAsync().ConfigureAwait(false);
                Peer.Unprotect(relay, KeepReason);
                throw new ConnectionLostException($"The relay {relay} left.");
            }

            return listener;
        }
        catch (Libp2pException exception) when (exception is not ListenFailedException)
        {
            throw new ListenFailedException($"{address} cannot be listened on: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public async Task<TransportConnection> DialAsync(Multiaddress address, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (!CircuitAddress.TryRead(address, out CircuitAddress circuit) || circuit.Target is null)
        {
            throw new DialFailedException($"{address} names no relay and no peer behind it.");
        }

        PeerId relay = await Peer.ConnectAsync(circuit.Relay, cancellationToken).ConfigureAwait(false);
        PeerStream stream = await Peer.OpenStreamAsync(relay, HopMessage.Id, cancellationToken).ConfigureAwait(false);
        try
        {
            HopMessage connect = new(HopType.Connect) { Peer = new(circuit.Target, []) };
            await MessageExchange.SendAsync(stream, connect.Encode(), cancellationToken).ConfigureAwait(false);
            HopMessage answer = await MessageExchange.HearHopAsync(stream, cancellationToken).ConfigureAwait(false);
            return Granted(relay, answer)
                ? new CircuitConnection(stream, CircuitAddress.Through(circuit.Relay, relay), CircuitAddress.Through(circuit.Relay, relay), answer.Limit.IsAny)
                : throw new CircuitRefusedException(relay, answer.Status);
        }
        catch
        {
            stream.Reset();
            throw;
        }
    }

    /// <summary>Completes once this peer listens no more at a relay.</summary>
    internal Task EndOf(PeerId relay) => _listeners.TryGetValue(relay, out CircuitListener? listener) ? listener.Ended : Task.CompletedTask;

    private void Ended(CircuitListener listener)
    {
        if (_listeners.TryRemove(KeyValuePair.Create(listener.Relay, listener)))
        {
            Peer.Unprotect(listener.Relay, KeepReason);
        }
    }

    private static bool Granted(PeerId relay, HopMessage answer) => answer.Type == HopType.Status
        ? answer.Status == CircuitStatus.Ok
        : throw new ProtocolViolationException($"The relay {relay} answered with another message than its status.");

    private async Task KeepAsync(PeerId relay, ReservationGrant grant, CancellationToken stop)
    {
        while (true)
        {
            TimeSpan pause = (ExpiryOf(grant) - time.GetUtcNow()) / 2;
            pause = pause < options.MinRefreshPause ? options.MinRefreshPause : pause > options.MaxRefreshPause ? options.MaxRefreshPause : pause;
            await Task.Delay(pause, time, stop).ConfigureAwait(false);
            try
            {
                grant = await ReserveAsync(relay, stop).ConfigureAwait(false);
            }
            catch (Libp2pException exception)
            {
                LogLost(_logger, relay, exception.Message);
                throw;
            }
        }
    }

    private async Task<ReservationGrant> ReserveAsync(PeerId relay, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = new(options.MessageTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            PeerStream stream = await Peer.OpenStreamAsync(relay, HopMessage.Id, either.Token).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                await MessageExchange.SendAsync(stream, new HopMessage(HopType.Reserve).Encode(), either.Token).ConfigureAwait(false);
                HopMessage answer = await MessageExchange.HearHopAsync(stream, either.Token).ConfigureAwait(false);
                return Granted(relay, answer) ? Checked(relay, answer.Reservation) : throw new CircuitRefusedException(relay, answer.Status);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ConnectionLostException($"The relay {relay} did not answer within {options.MessageTimeout.TotalSeconds:0.###} s.");
        }
    }

    private ReservationGrant Checked(PeerId relay, ReservationGrant? grant)
    {
        if (grant is null || ExpiryOf(grant) <= time.GetUtcNow())
        {
            throw new ProtocolViolationException($"The relay {relay} granted a reservation without a time to come.");
        }

        if (!grant.Voucher.IsEmpty
            && (!ReservationVoucher.TryOpen(grant.Voucher.Span, out ReservationVoucher? voucher) || voucher.Relay != relay || voucher.Peer != Peer.Id
                || voucher.ExpiresAtUnixSeconds <= (ulong)Math.Max(0, time.GetUtcNow().ToUnixTimeSeconds())))
        {
            throw new ProtocolViolationException($"The relay {relay} gave a voucher that is not its own for this peer, or over already.");
        }

        return grant;
    }

    private static DateTimeOffset ExpiryOf(ReservationGrant grant)
    {
        const ulong LastUnixSecond = 253_402_300_799;       // of the year 9999
        return DateTimeOffset.FromUnixTimeSeconds((long)Math.Min(grant.ExpiresAtUnixSeconds, LastUnixSecond));
    }

    // The stop protocol: a relay brings a circuit. The handler's stream is the connection, for as long as that lives.
    private async Task AcceptAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        StopMessage request;
        try
        {
            using CancellationTokenSource deadline = new(options.MessageTimeout, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            request = await MessageExchange.HearStopAsync(stream, either.Token).ConfigureAwait(false);
        }
        catch (ProtocolViolationException)
        {
            await AnswerAsync(stream, CircuitStatus.MalformedMessage, cancellationToken).ConfigureAwait(false);
            return;
        }

        CircuitListener? listener = _listeners.GetValueOrDefault(stream.RemotePeer);
        CircuitStatus refusal = request switch
        {
            { Type: not StopType.Connect } => CircuitStatus.UnexpectedMessage,
            { Peer: null } => CircuitStatus.MalformedMessage,
            _ when stream.RemoteAddress is null or { IsRelayed: true } || listener is null => CircuitStatus.PermissionDenied,
            _ => CircuitStatus.Ok,
        };
        if (refusal != CircuitStatus.Ok)
        {
            await AnswerAsync(stream, refusal, cancellationToken).ConfigureAwait(false);
            return;
        }

        Multiaddress through = CircuitAddress.Through(stream.RemoteAddress!, stream.RemotePeer);
        CircuitConnection connection = new(stream, through, through, request.Limit.IsAny);
        await AnswerAsync(stream, CircuitStatus.Ok, cancellationToken).ConfigureAwait(false);
        if (!listener!.TryEnqueue(connection))
        {
            throw new ResourceLimitException("Too many circuits wait.");    // resets the stream
        }

        await connection.Ended.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private static Task AnswerAsync(PeerStream stream, CircuitStatus status, CancellationToken cancellationToken) =>
        MessageExchange.SendAsync(stream, new StopMessage(StopType.Status) { Status = status }.Encode(), cancellationToken);

    [LoggerMessage(Level = LogLevel.Information, Message = "The reservation at the relay {Relay} was not kept: {Reason}")]
    private static partial void LogLost(ILogger logger, PeerId relay, string reason);
}

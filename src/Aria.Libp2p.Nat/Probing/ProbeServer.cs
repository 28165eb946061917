using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Aria.Libp2p.Encodings;
using Microsoft.Extensions.Logging;

namespace Aria.Libp2p.Nat.Probing;

/// <summary>
/// Dials peers back that want to know whether they can be reached: AutoNAT v1 and v2. The dials come from a second local peer with an identity of its own, so that no connection there
/// is stands in for a dial. It never dials a relayed address, nor, unless told so, a private one; v1 dials only the asking peer's own IP address, v2 another one only after the
/// asking peer sent more bytes than a dial costs anybody. Serves from its construction on; disposed of, it serves no longer. What it answers is counted on the meter
/// <c>Aria.Libp2p.Nat</c>.
/// </summary>
public sealed partial class ProbeServer : IDisposable
{
    private const int MaxV1Dials = 8;

    private readonly LocalPeer _peer;
    private readonly LocalPeer _dialer;
    private readonly ProbeServerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ProbeBudget _budget;
    private readonly NatMetrics _metrics;

    /// <summary>Serves on <paramref name="peer"/>; <paramref name="dialer"/>, which stays the caller's, dials and does nothing else; its transports must not dial from a port that is listened on.</summary>
    public ProbeServer(LocalPeer peer, LocalPeer dialer, ProbeServerOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(peer);
        ArgumentNullException.ThrowIfNull(dialer);
        ArgumentNullException.ThrowIfNull(options);
        if (peer.Id == dialer.Id)
        {
            throw new ArgumentException("The dialer is a peer of its own.", nameof(dialer));
        }

        _peer = peer;
        _dialer = dialer;
        _options = options;
        _time = time;
        _logger = loggers.CreateLogger<ProbeServer>();
        _budget = new(options, time);
        _metrics = new(peer.Id);
        peer.Handle(V1Message.Id, ServeV1Async);
        peer.Handle(V2Message.RequestId, ServeV2Async);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _peer.StopHandling(V1Message.Id);
        _peer.StopHandling(V2Message.RequestId);
        _metrics.Dispose();
    }

    private async Task ServeV1Async(PeerStream stream, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = new(_options.RequestTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        byte[]? bytes = await LengthPrefixed.ReadAsync(stream.Input, V1Message.MaxBytes, either.Token).ConfigureAwait(false);
        V1Message answer = bytes is null || !V1Message.TryDecode(bytes, out V1Message? request) || request.IsResponse || request.Peer is null
            ? Refusal(V1Status.BadRequest, "no dial request")
            : request.Peer != stream.RemotePeer ? Refusal(V1Status.BadRequest, "another peer")
            : await DialV1Async(stream, request, either.Token).ConfigureAwait(false);
        LogAnsweredV1(_logger, stream.RemotePeer, answer.Status);
        _metrics.ProbeAnswered(1, answer.Status.ToString());
        LengthPrefixed.Write(stream.Output, answer.Encode());
        await stream.Output.FlushAsync(either.Token).ConfigureAwait(false);
    }

    private async Task<V1Message> DialV1Async(PeerStream stream, V1Message request, CancellationToken cancellationToken)
    {
        if (stream.RemoteAddress is not { IsRelayed: false } remote || (!_options.DialsPrivate && !remote.TryGetIPAddress(out _)))
        {
            return Refusal(V1Status.DialRefused, "the connection is relayed");
        }

        // Nobody else's address, whatever is asked for.
        Multiaddress[] own = [.. request.Addresses.Where(address => IsDialed(address) && IsOf(address, remote)).Distinct().Take(MaxV1Dials)];
        if (own.Length == 0)
        {
            return Refusal(V1Status.DialRefused, "no address may be dialed");
        }

        if (!_budget.TryTake(stream.RemotePeer))
        {
            return Refusal(V1Status.DialRefused, "too many requests");
        }

        try
        {
            bool wasTried = false;
            foreach (Multiaddress address in own)
            {
                switch (await DialAsync(address, stream.RemotePeer, cancellationToken).ConfigureAwait(false))
                {
                    case DialOutcome.Connected:
                        return new() { IsResponse = true, Status = V1Status.Ok, Reached = address };
                    case DialOutcome.Failed:
                        wasTried = true;
                        break;
                }
            }

            return wasTried ? Refusal(V1Status.DialError, "no address answered") : Refusal(V1Status.DialRefused, "no way to any address from here");
        }
        finally
        {
            await ReturnAsync(stream.RemotePeer).ConfigureAwait(false);
        }
    }

    private async Task ServeV2Async(PeerStream stream, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = new(_options.RequestTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        if (await HearAsync(stream, either.Token).ConfigureAwait(false) is not V2Message.Request request)
        {
            throw new ProtocolViolationException($"{stream.RemotePeer} began with another message than a dial request.");
        }

        V2Message.Response answer;
        if (stream.RemoteAddress is not { IsRelayed: false } remote || !_budget.TryTake(stream.RemotePeer))
        {
            answer = new(V2Status.RequestRejected, 0, V2DialStatus.Unused);
        }
        else
        {
            try
            {
                answer = await DialV2Async(stream, remote, request, either.Token).ConfigureAwait(false);
            }
            finally
            {
                await ReturnAsync(stream.RemotePeer).ConfigureAwait(false);
            }
        }

        LogAnsweredV2(_logger, stream.RemotePeer, answer.Status, answer.DialStatus);
        _metrics.ProbeAnswered(2, answer.Status == V2Status.Ok ? answer.DialStatus.ToString() : answer.Status.ToString());
        LengthPrefixed.Write(stream.Output, answer.Encode());
        await stream.Output.FlushAsync(either.Token).ConfigureAwait(false);
    }

    private async Task<V2Message.Response> DialV2Async(PeerStream stream, Multiaddress remote, V2Message.Request request, CancellationToken cancellationToken)
    {
        int index = request.Addresses.IndexOf(request.Addresses.FirstOrDefault(address => address is not null && IsDialed(address)));
        if (index < 0 || request.Addresses[index] is not { } address)
        {
            return new(V2Status.DialRefused, 0, V2DialStatus.Unused);
        }

        if (!IsOf(address, remote))
        {
            await TakeDialDataAsync(stream, (uint)index, cancellationToken).ConfigureAwait(false);
            TimeSpan pause = TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32((int)_options.MaxDialDelay.TotalMilliseconds + 1));
            await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(false);
        }

        switch (await DialAsync(address, stream.RemotePeer, cancellationToken).ConfigureAwait(false))
        {
            case DialOutcome.Failed:
                return new(V2Status.Ok, (uint)index, V2DialStatus.DialError);
            case DialOutcome.NoRoute:
                return new(V2Status.DialRefused, 0, V2DialStatus.Unused);
        }

        try
        {
            using CancellationTokenSource deadline = new(_options.DialTimeout, _time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            PeerStream back = await _dialer.OpenStreamAsync(stream.RemotePeer, V2Message.DialBackId, either.Token).ConfigureAwait(false);
            await using (back.ConfigureAwait(false))
            {
                LengthPrefixed.Write(back.Output, V2Message.EncodeDialBack(request.Nonce));
                await back.Output.FlushAsync(either.Token).ConfigureAwait(false);
                byte[]? heard = await LengthPrefixed.ReadAsync(back.Input, V2Message.MaxBytes, either.Token).ConfigureAwait(false);
                return new(V2Status.Ok, (uint)index, heard is null ? V2DialStatus.DialBackError : V2DialStatus.Ok);
            }
        }
        catch (Exception exception) when (exception is Libp2pException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new(V2Status.Ok, (uint)index, V2DialStatus.DialBackError);
        }
    }

    // So that nobody can have another attacked for less than it costs himself.
    private async Task TakeDialDataAsync(PeerStream stream, uint index, CancellationToken cancellationToken)
    {
        int wanted = RandomNumberGenerator.GetInt32(_options.MinDialDataBytes, _options.MaxDialDataBytes + 1);
        LengthPrefixed.Write(stream.Output, new V2Message.DataRequest(index, (ulong)wanted).Encode());
        await stream.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        while (wanted > 0)
        {
            if (await HearAsync(stream, cancellationToken).ConfigureAwait(false) is not V2Message.Data { Length: > 0 } data)
            {
                throw new ProtocolViolationException($"{stream.RemotePeer} sent another message than the dial data.");
            }

            wanted -= data.Length;
        }
    }

    private async Task<DialOutcome> DialAsync(Multiaddress address, PeerId peer, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = new(_options.DialTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await _dialer.ConnectAsync(address.WithPeer(peer), either.Token).ConfigureAwait(false);
            return DialOutcome.Connected;
        }
        catch (Exception exception) when (exception is Libp2pException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            LogNotReached(_logger, address, exception.Message);
            return HasNoRoute(exception) ? DialOutcome.NoRoute : DialOutcome.Failed;
        }
    }

    // A server without IPv6, or without IPv4, says nothing about an address of that family.
    private static bool HasNoRoute(Exception exception)
    {
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is SocketException { SocketErrorCode: SocketError.NetworkUnreachable or SocketError.AddressFamilyNotSupported })
            {
                return true;
            }
        }

        return false;
    }

    private async Task ReturnAsync(PeerId peer)
    {
        await _dialer.DisconnectAsync(peer).ConfigureAwait(false);
        _budget.Return(peer);
    }

    // No name, no relay, and what no transport here speaks is no fault of the asking peer.
    private bool IsDialed(Multiaddress address) =>
        (_options.DialsPrivate ? !address.IsRelayed && address.Parts[0].Protocol is "ip4" or "ip6" or "memory" : AddressScope.IsPublic(address)) && _dialer.CanDial(address);

    private static bool IsOf(Multiaddress address, Multiaddress remote) =>
        address.TryGetIPAddress(out IPAddress? one) && remote.TryGetIPAddress(out IPAddress? other) && one.Equals(other);

    private static V1Message Refusal(V1Status status, string text) => new() { IsResponse = true, Status = status, StatusText = text };

    private static async Task<V2Message> HearAsync(PeerStream stream, CancellationToken cancellationToken) =>
        await LengthPrefixed.ReadAsync(stream.Input, V2Message.MaxBytes, cancellationToken).ConfigureAwait(false) is { } bytes && V2Message.TryDecode(bytes, out V2Message? message)
            ? message : throw new ProtocolViolationException($"{stream.RemotePeer} sent a malformed message or none.");

    private enum DialOutcome
    {
        Connected,
        Failed,

        // This end cannot send anything there.
        NoRoute,
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Peer} asked to be dialed (v1): {Status}")]
    private static partial void LogAnsweredV1(ILogger logger, PeerId peer, V1Status status);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Peer} asked to be dialed (v2): {Status}, {DialStatus}")]
    private static partial void LogAnsweredV2(ILogger logger, PeerId peer, V2Status status, V2DialStatus dialStatus);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Address} was not reached: {Reason}")]
    private static partial void LogNotReached(ILogger logger, Multiaddress address, string reason);
}

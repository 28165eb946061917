using Aria.Libp2p.Encodings;
using Aria.Libp2p.PubSub.Messages;
using Aria.Libp2p.PubSub.Routing;
using Aria.Libp2p.PubSub.Scoring;
using Microsoft.Extensions.Logging;

namespace Aria.Libp2p.PubSub;

public sealed partial class GossipSub
{
    // How long frames of a peer wait for its identification.
    private static readonly TimeSpan IdentifyTimeout = TimeSpan.FromSeconds(10);

    private void OnIdentified(IdentifiedPeer identified)
    {
        (string Protocol, GossipVersion Version) spoken = Spoken.FirstOrDefault(one => identified.Protocols.Contains(one.Protocol));
        lock (_lock)
        {
            if (spoken.Protocol is null)
            {
                if (_outgoing.ContainsKey(identified.Id))       // else it may be about to tell: its stream is here before that, perhaps
                {
                    Forget(identified.Id);
                }
            }
            else if (!_ended && !_outgoing.ContainsKey(identified.Id))
            {
                IReadOnlyList<ConnectionInfo> connections = _peer.ConnectionsTo(identified.Id);
                if (connections.Count == 0)
                {
                    return;     // it left meanwhile
                }

                PeerOutbox box = new(_peer, identified.Id, spoken.Protocol, _options.MaxQueuedBytes, _time);
                _outgoing[identified.Id] = new(box, Run(() => SendAsync(box)));
                string? host = HostOfPeer.Of(connections[0].RemoteAddress, _options.Score.CountsPrivateHosts);
                _router.Join(new(identified.Id, spoken.Version, connections[0].IsOutbound, host, identified.SignedRecord));
                Act();
                IncomingOf(identified.Id).Joined.TrySetResult();
            }
        }
    }

    private void OnDisconnected(PeerId peer)
    {
        lock (_lock)
        {
            Forget(peer);
        }
    }

    private void Forget(PeerId peer)
    {
        if (_outgoing.Remove(peer, out Outgoing? outgoing))
        {
            outgoing.Box.End();
        }

        if (_incoming.Remove(peer, out Incoming? incoming))
        {
            incoming.Joined.TrySetCanceled();
            incoming.Stream?.Reset();
        }

        _router.Leave(peer, Now);
    }

    private Incoming IncomingOf(PeerId peer)
    {
        if (!_incoming.TryGetValue(peer, out Incoming? incoming))
        {
            _incoming[peer] = incoming = new();
        }

        return incoming;
    }

    private async Task SendAsync(PeerOutbox box)
    {
        using (box)
        {
            await box.RunAsync(() =>
            {
                lock (_lock)
                {
                    _router.Greet(box.To);
                    Act();
                }
            }).ConfigureAwait(false);
        }
    }

    private async Task ServeAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        Incoming incoming;
        lock (_lock)
        {
            if (_ended)
            {
                stream.Reset();
                return;
            }

            incoming = IncomingOf(stream.RemotePeer);
            incoming.Stream?.Reset();       // a peer sends on one stream, the newest
            incoming.Stream = stream;
        }

        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ending.Token);
        try
        {
            await incoming.Joined.Task.WaitAsync(IdentifyTimeout, _time, either.Token).ConfigureAwait(false);
            await HearAsync(stream, either.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            stream.Reset();
        }
        finally
        {
            lock (_lock)
            {
                incoming.Stream = incoming.Stream == stream ? null : incoming.Stream;
                if (incoming.Stream is null && !_outgoing.ContainsKey(stream.RemotePeer) && _incoming.GetValueOrDefault(stream.RemotePeer) == incoming)
                {
                    _incoming.Remove(stream.RemotePeer);
                }
            }
        }
    }

    private async Task HearAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        CheckPlaces places = _checks.PlacesOfPeer();
        while (await LengthPrefixed.ReadAsync(stream.Input, RpcBounds.FrameBytes, cancellationToken).ConfigureAwait(false) is { } frame)
        {
            Rpc rpc;
            try
            {
                rpc = RpcCodec.Decode(frame);
            }
            catch (ProtocolViolationException violation)
            {
                LogMalformed(_logger, stream.RemotePeer, violation.Message);
                Penalize(stream.RemotePeer);
                _metrics.FrameRefused();
                throw;
            }

            Due due;
            lock (_lock)
            {
                _router.Receive(stream.RemotePeer, rpc, Now);
                due = Act();
            }

            due.Met.ForEach(met => PeerSubscribed?.Invoke(met.Peer, met.Topic));
            await QueueAsync(due.Checks, places, cancellationToken).ConfigureAwait(false);
        }
    }

    // Whatever happens, the router hears of every message: queued, or dropped.
    private async Task QueueAsync(List<Arrival> checks, CheckPlaces places, CancellationToken cancellationToken)
    {
        int queued = 0;
        try
        {
            for (; queued < checks.Count; queued++)
            {
                if (!await _checks.TryAddAsync(checks[queued], places, cancellationToken).ConfigureAwait(false))
                {
                    Drop(checks[queued]);
                }
            }
        }
        finally
        {
            checks[queued..].ForEach(Drop);
        }
    }

    private void Drop(Arrival arrival)
    {
        _metrics.MessageDropped();
        lock (_lock)
        {
            _router.Dropped(arrival);
        }
    }

    private async Task ConnectAsync(PeerId peer, ReadOnlyMemory<byte> signedRecord)
    {
        try
        {
            if (!signedRecord.IsEmpty && PeerRecord.TryOpen(signedRecord.Span, out PeerRecord? record) && record.Peer == peer)
            {
                _peer.AddAddresses(peer, record.Addresses);
            }

            if (_peer.AddressesOf(peer).Count > 0)
            {
                await _peer.ConnectAsync(Multiaddress.Parse($"/p2p/{peer}"), _ending.Token).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is Libp2pException or OperationCanceledException)
        {
            LogNotReached(_logger, peer, exception.Message);
        }
        finally
        {
            lock (_lock)
            {
                _exchangeDials--;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Peer} was named by another peer or in the options and could not be reached: {Reason}")]
    private static partial void LogNotReached(ILogger logger, PeerId peer, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Peer} sent a frame that cannot be read: {Reason}")]
    private static partial void LogMalformed(ILogger logger, PeerId peer, string reason);
}

using Aria.Libp2p.KadDht.Messages;
using Aria.Libp2p.KadDht.Telemetry;

namespace Aria.Libp2p.KadDht.Serving;

/// <summary>Answers the requests on inbound streams, one after the other on each.</summary>
internal sealed class KadServer(KadResponder responder, RequestBudget budget, KadMetrics metrics, Offences offences, TimeSpan idleTimeout, TimeProvider time)
{
    public async Task ServeAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        while (await ReadAsync(stream, cancellationToken) is { } request)
        {
            if (!budget.TryTake(stream.RemotePeer, time.GetUtcNow()))
            {
                offences.Add(stream.RemotePeer, Offence.TooManyRequests, "It asks more often than one peer is answered.");
                stream.Reset();
                return;
            }

            switch (responder.Reply(request, stream.RemotePeer, time.GetUtcNow()))
            {
                case KadReply.Answer(var message):
                    await KadFrame.WriteAsync(stream.Output, message, cancellationToken);
                    break;
                case KadReply.Refusal(var reason):
                    metrics.RequestRefused(reason);
                    stream.Reset();
                    return;
            }
        }
    }

    private async Task<KadMessage?> ReadAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        using CancellationTokenSource idle = new(idleTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, idle.Token);
        try
        {
            return await KadFrame.ReadAsync(stream.Input, KadFrame.MaxRequestBytes, either.Token);
        }
        catch (ProtocolViolationException exception)
        {
            offences.Add(stream.RemotePeer, Offence.MalformedRequest, exception.Message);
            throw;
        }
    }
}

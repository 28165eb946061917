using Aria.Libp2p.KadDht.Messages;

namespace Aria.Libp2p.KadDht.Serving;

/// <summary>Answers the requests on inbound streams, one after the other on each.</summary>
internal sealed class KadServer(KadResponder responder, RequestBudget budget, TimeSpan idleTimeout, TimeProvider time)
{
    public async Task ServeAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        while (await ReadAsync(stream, cancellationToken) is { } request)
        {
            if (!budget.TryTake(stream.RemotePeer, time.GetUtcNow()))
            {
                stream.Reset();
                return;
            }

            switch (responder.Reply(request, stream.RemotePeer, time.GetUtcNow()))
            {
                case KadReply.Answer(var message):
                    await KadFrame.WriteAsync(stream.Output, message, cancellationToken);
                    break;
                case KadReply.Refusal:
                    stream.Reset();
                    return;
            }
        }
    }

    private async Task<KadMessage?> ReadAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        using CancellationTokenSource idle = new(idleTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, idle.Token);
        return await KadFrame.ReadAsync(stream.Input, KadFrame.MaxRequestBytes, either.Token);
    }
}

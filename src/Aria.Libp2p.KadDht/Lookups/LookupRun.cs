using System.Threading.Channels;
using Aria.Libp2p.KadDht.Messages;
using Aria.Libp2p.KadDht.Tracing;

namespace Aria.Libp2p.KadDht.Lookups;

/// <summary>
/// Drives a lookup: asks whom it names, tells it what came. A request that outlasts <paramref name="overdueAfter"/> is no longer waited for, yet
/// goes on and ends by its own timeout. <paramref name="ask"/> answers null for a failure and does not throw. What happens is told to
/// <paramref name="span"/>, where there is one.
/// </summary>
internal sealed class LookupRun(DisjointLookup lookup, Func<PeerInfo, Task<KadMessage?>> ask, TimeSpan overdueAfter, TimeProvider time, LookupSpan? span = null)
{
    private readonly Channel<Report> _reports = Channel.CreateUnbounded<Report>(new() { SingleReader = true });

    private readonly record struct Report(PeerInfo Peer, KadMessage? Answer, bool IsOverdue);

    /// <summary>Runs until the lookup is done or <paramref name="onAnswer"/> says that it was enough; whether it said so.</summary>
    public async Task<bool> RunAsync(Func<PeerInfo, KadMessage, bool> onAnswer, CancellationToken cancellationToken)
    {
        while (true)
        {
            while (lookup.TryNext(out PeerInfo? peer))
            {
                span?.Asked(lookup.CandidateOf(peer.Id)!);
                _ = AskAsync(peer);
            }

            if (lookup.IsDone)
            {
                return false;
            }

            Report report = await _reports.Reader.ReadAsync(cancellationToken);
            if (report.Answer is { } answer)
            {
                span?.Answered(report.Peer.Id, answer);
                lookup.Answered(report.Peer.Id, [.. answer.CloserPeers.Select(closer => closer.ToInfo())]);
                if (onAnswer(report.Peer, answer))
                {
                    return true;
                }
            }
            else if (report.IsOverdue)
            {
                span?.Overdue(report.Peer.Id);
                lookup.Overdue(report.Peer.Id);
            }
            else
            {
                span?.Failed(report.Peer.Id);
                lookup.Failed(report.Peer.Id);
            }
        }
    }

    private async Task AskAsync(PeerInfo peer)
    {
        Task<KadMessage?> asked = ask(peer);
        try
        {
            await asked.WaitAsync(overdueAfter, time);
        }
        catch (TimeoutException)
        {
            _reports.Writer.TryWrite(new(peer, null, IsOverdue: true));
        }

        _reports.Writer.TryWrite(new(peer, await asked, IsOverdue: false));
    }
}

namespace Aria.Libp2p.Nat.Probing;

/// <summary>How often peers may ask for a dial: within a window of a minute, in all and each, one at a time, and so many dials at once.</summary>
internal sealed class ProbeBudget(ProbeServerOptions options, TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Queue<(PeerId Peer, long At)> _asked = new();
    private readonly Dictionary<PeerId, int> _askedBy = [];
    private readonly HashSet<PeerId> _dialed = [];

    /// <summary>False where the peer asks too often, or has a dial running; after true, <see cref="Return"/>.</summary>
    public bool TryTake(PeerId peer)
    {
        lock (_gate)
        {
            while (_asked.TryPeek(out (PeerId Peer, long At) oldest) && time.GetElapsedTime(oldest.At) >= Window)
            {
                _asked.Dequeue();
                if (--_askedBy[oldest.Peer] == 0)
                {
                    _askedBy.Remove(oldest.Peer);
                }
            }

            int own = _askedBy.GetValueOrDefault(peer);
            if (_asked.Count >= options.MaxRequestsPerMinute || own >= options.MaxRequestsPerMinuteAndPeer || _dialed.Count >= options.MaxDials || !_dialed.Add(peer))
            {
                return false;
            }

            _asked.Enqueue((peer, time.GetTimestamp()));
            _askedBy[peer] = own + 1;
            return true;
        }
    }

    public void Return(PeerId peer)
    {
        lock (_gate)
        {
            _dialed.Remove(peer);
        }
    }
}

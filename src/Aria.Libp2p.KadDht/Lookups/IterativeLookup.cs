using System.Diagnostics.CodeAnalysis;
using Aria.Libp2p.KadDht.Routing;

namespace Aria.Libp2p.KadDht.Lookups;

/// <summary>
/// Approaches a target by asking ever closer peers for peers closer still, until the k closest that it knows have all answered
/// (specs/dht.md §5). A state machine without network or clock: whoever drives it takes the next peer, asks it, and tells what came of it.
/// </summary>
/// <param name="target">Where it goes.</param>
/// <param name="self">This peer, which is never asked.</param>
/// <param name="bounds">k, α, β.</param>
/// <param name="quota">The IP groups, shared with other paths to the target.</param>
/// <param name="mayAsk">False for a peer that another path has asked.</param>
internal sealed class IterativeLookup(KadKey target, PeerId self, LookupBounds bounds, GroupQuota quota, Func<PeerId, bool> mayAsk)
{
    private readonly List<Candidate> _candidates = [];                      // the closest first
    private readonly Dictionary<PeerId, Candidate> _heard = [];             // the same by id
    private int _awaited;
    private int _answered;
    private int _releasesSeen;

    /// <summary>Whether nobody is left whom it would ask or wait for. While nobody at all has answered, it waits for the overdue too.</summary>
    public bool IsDone =>
        !_candidates.Where(candidate => candidate.Counts).Take(bounds.K)
            .Any(candidate => candidate.State == CandidateState.Asked || (candidate.State == CandidateState.Heard && !IsExhausted))
        && (_answered > 0 || !_candidates.Exists(candidate => candidate.State == CandidateState.Overdue));

    /// <summary>Whether it made as many requests as a lookup may.</summary>
    public bool IsExhausted => Requests >= bounds.MaxRequests;

    /// <summary>Requests made.</summary>
    public int Requests { get; private set; }

    /// <summary>Every peer heard of and not forgotten, the closest first.</summary>
    public IReadOnlyList<Candidate> Candidates => _candidates;

    /// <summary>What the lookup holds of a peer; null where it heard nothing, or forgot it.</summary>
    public Candidate? CandidateOf(PeerId peer) => _heard.GetValueOrDefault(peer);

    /// <summary>Up to k peers that answered, the closest first.</summary>
    public IReadOnlyList<Candidate> Closest =>
        [.. _candidates.Where(candidate => candidate.State == CandidateState.Answered).Take(bounds.K)];

    /// <summary>A lookup of one path.</summary>
    public IterativeLookup(KadKey target, PeerId self, LookupBounds bounds)
        : this(target, self, bounds, new(target, bounds.MaxPerGroup, peer => IpGroup.Of(peer.Addresses, bounds.GroupPrivateAddresses)), _ => true)
    {
    }

    /// <summary>Begins with these peers.</summary>
    public void AddSeeds(IEnumerable<PeerInfo> peers) => Hear(peers, depth: 1);

    /// <summary>The peer to ask now, if one more request may be in flight.</summary>
    public bool TryNext([NotNullWhen(true)] out PeerInfo? peer)
    {
        // Close to the target there is nothing to choose any more: the rest of the k closest is asked at once.
        int limit = HasConverged ? bounds.K : bounds.Alpha;
        Candidate? next = _awaited < limit && !IsExhausted ? FirstHeard() : null;
        while (next is not null && !mayAsk(next.Peer.Id))
        {
            next.State = CandidateState.Elsewhere;
            next = FirstHeard();
        }

        if (next is not null)
        {
            next.State = CandidateState.Asked;
            _awaited++;
            Requests++;
        }

        peer = next?.Peer;
        return next is not null;
    }

    /// <summary>A peer answered and named others.</summary>
    public void Answered(PeerId from, IReadOnlyCollection<PeerInfo> closer)
    {
        if (_heard.GetValueOrDefault(from) is { State: CandidateState.Asked or CandidateState.Overdue } candidate)
        {
            if (quota.TrySettle(candidate))
            {
                Settle(candidate, CandidateState.Answered);
                _answered++;
                Hear(quota.WithoutCrowds(closer.Take(bounds.K)), candidate.Depth + 1);
            }
            else
            {
                Settle(candidate, CandidateState.Failed);       // one of a crowd, named under another address
            }

            Reconsider();
        }
    }

    /// <summary>A peer could not be asked, or what it answered was wrong.</summary>
    public void Failed(PeerId peer)
    {
        if (_heard.GetValueOrDefault(peer) is { State: CandidateState.Asked or CandidateState.Overdue } candidate)
        {
            Settle(candidate, CandidateState.Failed);
            quota.GiveBack(candidate);
            Reconsider();
        }
    }

    /// <summary>A peer takes so long that the lookup goes on without it; it may still answer.</summary>
    public void Overdue(PeerId peer)
    {
        if (_heard.GetValueOrDefault(peer) is { State: CandidateState.Asked } candidate)
        {
            Settle(candidate, CandidateState.Overdue);
            quota.GiveBack(candidate);
            Reconsider();
        }
    }

    /// <summary>Where places in IP groups became free, on whichever path: takes those who were left out for them, the closest first.</summary>
    public void Reconsider()
    {
        if (_releasesSeen == quota.Releases)
        {
            return;
        }

        _releasesSeen = quota.Releases;
        foreach (Candidate candidate in _candidates.Where(candidate => candidate.State == CandidateState.Crowded && quota.TryTake(candidate)))
        {
            candidate.State = CandidateState.Heard;
        }
    }

    private bool HasConverged
    {
        get
        {
            int answered = 0;
            foreach (Candidate candidate in _candidates)
            {
                if (candidate.State == CandidateState.Answered && ++answered == bounds.Beta)
                {
                    return true;
                }

                if (candidate.State is CandidateState.Heard or CandidateState.Asked)
                {
                    return false;
                }
            }

            return answered > 0;
        }
    }

    private Candidate? FirstHeard() =>
        _candidates.Where(candidate => candidate.Counts).Take(bounds.K).FirstOrDefault(candidate => candidate.State == CandidateState.Heard);

    private void Settle(Candidate candidate, CandidateState state)
    {
        _awaited -= candidate.State == CandidateState.Asked ? 1 : 0;
        candidate.State = state;
    }

    private void Hear(IEnumerable<PeerInfo> peers, int depth)
    {
        foreach (PeerInfo peer in peers.Where(peer => peer.Id != self && !_heard.ContainsKey(peer.Id)))
        {
            Candidate candidate = new(peer, KadKey.Of(peer.Id), depth);
            candidate.State = quota.TryTake(candidate) ? CandidateState.Heard : CandidateState.Crowded;
            _heard.Add(peer.Id, candidate);
            _candidates.Insert(~_candidates.BinarySearch(candidate, Comparer<Candidate>.Create((left, right) => target.CompareDistance(left.Key, right.Key))), candidate);
            if (_candidates.Count > bounds.MaxCandidates)
            {
                ForgetOne();
            }
        }
    }

    // The farthest of those that were left out, for whoever floods a group must not push out others; else the farthest that was not asked.
    private void ForgetOne()
    {
        int at = _candidates.FindLastIndex(candidate => candidate.State == CandidateState.Crowded);
        at = at >= 0 ? at : _candidates.FindLastIndex(candidate => candidate.State == CandidateState.Heard);
        if (at >= 0)
        {
            quota.Forget(_candidates[at]);
            _heard.Remove(_candidates[at].Peer.Id);
            _candidates.RemoveAt(at);
        }
    }
}

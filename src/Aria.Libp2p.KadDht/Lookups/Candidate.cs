using Aria.Libp2p.KadDht.Routing;

namespace Aria.Libp2p.KadDht.Lookups;

/// <summary>A peer that a lookup has heard of.</summary>
internal sealed class Candidate(PeerInfo peer, KadKey key, int depth)
{
    public PeerInfo Peer { get; } = peer;

    public KadKey Key { get; } = key;

    /// <summary>Requests that led to it, its own included: 1 for those the lookup began with.</summary>
    public int Depth { get; } = depth;

    public CandidateState State { get; set; }

    /// <summary>Whether the lookup still builds on it.</summary>
    public bool Counts => State is CandidateState.Heard or CandidateState.Asked or CandidateState.Answered;
}

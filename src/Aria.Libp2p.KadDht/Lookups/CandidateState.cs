namespace Aria.Libp2p.KadDht.Lookups;

/// <summary>How far a lookup has come with one peer.</summary>
internal enum CandidateState
{
    /// <summary>Known and not asked.</summary>
    Heard,

    /// <summary>Known and left out, because closer peers have taken the places of its IP group.</summary>
    Crowded,

    /// <summary>Asked; the answer is awaited.</summary>
    Asked,

    /// <summary>Asked so long ago that the lookup no longer waits for it; an answer still counts.</summary>
    Overdue,

    /// <summary>It answered.</summary>
    Answered,

    /// <summary>It could not be asked, or broke the protocol.</summary>
    Failed,

    /// <summary>Another path of the lookup has asked it.</summary>
    Elsewhere,
}

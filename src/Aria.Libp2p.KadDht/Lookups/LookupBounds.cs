namespace Aria.Libp2p.KadDht.Lookups;

/// <summary>The parameters of a lookup: k, α, β, and the peers of one IP group that may be candidates.</summary>
internal sealed record LookupBounds(int K, int Alpha, int Beta, int MaxPerGroup, bool GroupPrivateAddresses)
{
    public static LookupBounds Of(KadOptions options) =>
        new(options.K, options.Alpha, options.Beta, options.MaxPerGroupInLookup, options.GroupPrivateAddresses);

    /// <summary>Candidates kept; farther ones are forgotten.</summary>
    public int MaxCandidates => 16 * K;

    /// <summary>Requests; then the lookup ends with what it has. Honest networks need a fifth of it, so only a liar who names ever more peers gets there.</summary>
    public int MaxRequests { get; init; } = 16 * K;
}

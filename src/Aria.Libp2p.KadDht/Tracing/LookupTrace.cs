namespace Aria.Libp2p.KadDht.Tracing;

/// <summary>One lookup as its span told it: whom it asked, in the order in which it asked.</summary>
/// <param name="Type">What was asked: <c>FindNode</c>, <c>GetValue</c> or <c>GetProviders</c>.</param>
/// <param name="Took">From the first request to the end.</param>
/// <param name="Paths">Paths that share no peer.</param>
/// <param name="Requests">Requests made.</param>
/// <param name="Hops">The longest chain of requests that led to one of the closest peers that answered, the request to it included.</param>
/// <param name="Answered">How many of the closest peers answered, at most k.</param>
/// <param name="Steps">The requests.</param>
public sealed record LookupTrace(string Type, TimeSpan Took, int Paths, int Requests, int Hops, int Answered, IReadOnlyList<LookupStep> Steps);

/// <summary>One request of a lookup.</summary>
/// <param name="Peer">Who was asked.</param>
/// <param name="Hop">Requests that led to it, its own included.</param>
/// <param name="PrefixBits">Leading bits that it shares with the target.</param>
/// <param name="At">When it was asked, from the lookup's begin.</param>
/// <param name="Outcome">What came of it before the lookup ended.</param>
/// <param name="Took">From the request to the answer or failure; null where neither came.</param>
/// <param name="Named">Peers that the answer named as closer.</param>
/// <param name="Record">Whether the answer brought a value.</param>
/// <param name="Providers">Providers that the answer named.</param>
public sealed record LookupStep(
    string Peer, int Hop, int PrefixBits, TimeSpan At, LookupStepOutcome Outcome, TimeSpan? Took, int Named, bool Record, int Providers);

/// <summary>What came of a lookup's request.</summary>
public enum LookupStepOutcome
{
    /// <summary>Neither an answer nor a failure before the lookup ended.</summary>
    Unfinished,

    /// <summary>It was answered.</summary>
    Answered,

    /// <summary>The peer could not be asked, refused, or broke the protocol.</summary>
    Failed,

    /// <summary>No answer came before the lookup went on without it.</summary>
    Overdue,
}

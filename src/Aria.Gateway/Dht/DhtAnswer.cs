using System.Text.Json.Serialization;

namespace Aria.Gateway.Dht;

/// <summary>What the hash table said, as <c>/v1/aria/dht/…</c> and <c>aria dht</c> tell it (specs/gateway.md §8).</summary>
/// <param name="Operation"><c>get</c>, <c>put</c>, <c>find_peer</c>, <c>find_providers</c> or <c>find_closest</c>.</param>
/// <param name="Key">The key as <see cref="DhtKey"/> writes it, or the peer's id.</param>
/// <param name="Found">Whether there was what was asked for; for a put, whether another peer holds the value.</param>
/// <param name="ValueBase64">The value under the key.</param>
/// <param name="Record">The same, where it is a capability record.</param>
/// <param name="Holders">How many peers hold the value that was put, the asking one counted.</param>
/// <param name="Peers">The peer, the providers, or the closest peers.</param>
/// <param name="TookMs">From the question to the answer, in milliseconds.</param>
/// <param name="Trace">The lookups that were made, where they were asked for.</param>
public sealed record DhtAnswer(
    string Operation, string Key, bool Found, string? ValueBase64, DhtCapability? Record, int? Holders, IReadOnlyList<DhtPeer> Peers, double TookMs,
    IReadOnlyList<DhtLookup>? Trace)
{
    /// <summary>The document's name and version.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema { get; init; } = "aria.dht/1";
}

/// <summary>A capability record that counts now (specs/discovery.md §3).</summary>
/// <param name="Network">The network it belongs to.</param>
/// <param name="Node">The node that signed it.</param>
/// <param name="Sequence">Greater than in every record before.</param>
/// <param name="ExpiresUnixMs">When it stops to count.</param>
/// <param name="Addresses">Where the node listens, without <c>/p2p</c>.</param>
/// <param name="Served">Such as <c>aria-tiny E0-4</c>: the model's name, E for the embedding, layers half-open, H for the head.</param>
public sealed record DhtCapability(string Network, string Node, long Sequence, long ExpiresUnixMs, IReadOnlyList<string> Addresses, IReadOnlyList<string> Served);

/// <summary>A peer that was found.</summary>
/// <param name="Peer">Its id.</param>
/// <param name="Addresses">Its addresses, without <c>/p2p</c>.</param>
/// <param name="PrefixBits">Leading bits that it shares with the key, of the closest peers; else null.</param>
public sealed record DhtPeer(string Peer, IReadOnlyList<string> Addresses, int? PrefixBits);

/// <summary>One lookup.</summary>
/// <param name="Type">What was asked: <c>FindNode</c>, <c>GetValue</c> or <c>GetProviders</c>.</param>
/// <param name="TookMs">How long it took, in milliseconds.</param>
/// <param name="Paths">Paths that share no peer.</param>
/// <param name="Requests">Requests made.</param>
/// <param name="Hops">The longest chain of requests that led to one of the closest peers that answered, the request to it included.</param>
/// <param name="Answered">How many of the closest peers answered.</param>
/// <param name="Steps">The requests in their order.</param>
public sealed record DhtLookup(string Type, double TookMs, int Paths, int Requests, int Hops, int Answered, IReadOnlyList<DhtStep> Steps);

/// <summary>One request of a lookup.</summary>
/// <param name="AtMs">When it was made, in milliseconds from the lookup's begin.</param>
/// <param name="Peer">Who was asked.</param>
/// <param name="Hop">Requests that led to it, its own included.</param>
/// <param name="PrefixBits">Leading bits that it shares with the key.</param>
/// <param name="Outcome"><c>answered</c>, <c>failed</c>, <c>overdue</c> or <c>unfinished</c>.</param>
/// <param name="TookMs">How long it took; null where nothing came.</param>
/// <param name="Named">Closer peers that the answer named.</param>
/// <param name="Record">Whether the answer brought a value.</param>
/// <param name="Providers">Providers that the answer named.</param>
public sealed record DhtStep(double AtMs, string Peer, int Hop, int PrefixBits, string Outcome, double? TookMs, int Named, bool Record, int Providers);

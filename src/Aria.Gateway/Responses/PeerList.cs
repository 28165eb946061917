using System.Text.Json.Serialization;

namespace Aria.Gateway.Responses;

/// <summary><c>GET /v1/aria/peers</c>: what the gateway's directory knows, in the order of node ids.</summary>
internal sealed record PeerList(IReadOnlyList<PeerCard> Data)
{
    [JsonPropertyOrder(-1)]
    public string Schema { get; init; } = "aria.peers/1";
}

/// <summary>One node as its newest record tells.</summary>
/// <param name="Node">Node id.</param>
/// <param name="Peer">The same key as libp2p writes it.</param>
/// <param name="Addresses">Where it listens, without <c>/p2p</c>.</param>
/// <param name="Served">What it says it serves.</param>
/// <param name="ExpiresUnixMs">When the record stops to count.</param>
/// <param name="RoundTripMs">Measured by the gateway; null before the first measurement.</param>
/// <param name="UnreachableSinceUnixMs">Since when the gateway passes it over; null while it does not.</param>
internal sealed record PeerCard(
    string Node, string Peer, IReadOnlyList<string> Addresses, IReadOnlyList<PeerSpan> Served, long ExpiresUnixMs, double? RoundTripMs, long? UnreachableSinceUnixMs);

/// <summary>A span that a node serves.</summary>
/// <param name="Model">What people call the model.</param>
/// <param name="ModelId">The model's id.</param>
/// <param name="Layers"><c>a-b</c>, half-open.</param>
/// <param name="Embedding">Whether it embeds.</param>
/// <param name="Head">Whether it has the head.</param>
/// <param name="KvPositions">Positions it has room for.</param>
internal sealed record PeerSpan(string Model, string ModelId, string Layers, bool Embedding, bool Head, int KvPositions);

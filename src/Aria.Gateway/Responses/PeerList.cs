using System.Text.Json.Serialization;

namespace Aria.Gateway.Responses;

/// <summary><c>GET /v1/aria/peers</c>: what the gateway's directory knows, in the order of node ids (specs/gateway.md §9).</summary>
/// <param name="Node">The gateway's own node, from which everything is seen.</param>
/// <param name="Network">The network it belongs to.</param>
/// <param name="TakenUnixMs">When the picture was taken.</param>
/// <param name="Dht">The hash table that it was found through.</param>
/// <param name="Data">The nodes.</param>
/// <param name="Links">The measured ways between nodes.</param>
internal sealed record PeerList(string Node, string Network, long TakenUnixMs, PeerDht Dht, IReadOnlyList<PeerCard> Data, IReadOnlyList<PeerLink> Links)
{
    [JsonPropertyOrder(-1)]
    public string Schema { get; init; } = "aria.peers/1";
}

/// <summary>The hash table as the gateway sees it.</summary>
/// <param name="RoutingTable">Peers in its routing table.</param>
/// <param name="Server">Whether its node answers others there, as one does that can be dialed.</param>
/// <param name="EstimatedSize">How many peers the network seems to have; null where that is unknown, as among few.</param>
internal sealed record PeerDht(int RoutingTable, bool Server, long? EstimatedSize);

/// <summary>One node as its newest record tells.</summary>
/// <param name="Node">Node id.</param>
/// <param name="Peer">The same key as libp2p writes it.</param>
/// <param name="Addresses">Where it listens, without <c>/p2p</c>.</param>
/// <param name="Served">What it says it serves.</param>
/// <param name="Sequence">The record's sequence.</param>
/// <param name="Source">How the record came: <c>dht</c> or <c>gossip</c>.</param>
/// <param name="ReceivedUnixMs">When it came.</param>
/// <param name="ExpiresUnixMs">When it stops to count.</param>
/// <param name="Connected">Whether there is a connection to it now.</param>
/// <param name="RoundTripMs">Measured by the gateway; null before the first measurement.</param>
/// <param name="UnreachableSinceUnixMs">Since when the gateway passes it over; null while it does not.</param>
internal sealed record PeerCard(
    string Node, string Peer, IReadOnlyList<string> Addresses, IReadOnlyList<PeerSpan> Served, long Sequence, string Source, long ReceivedUnixMs, long ExpiresUnixMs, bool Connected,
    double? RoundTripMs, long? UnreachableSinceUnixMs);

/// <summary>A span that a node serves.</summary>
/// <param name="Model">What people call the model.</param>
/// <param name="ModelId">The model's id.</param>
/// <param name="NumericSpec">The numeric rules that it is computed by.</param>
/// <param name="Layers"><c>a-b</c>, half-open.</param>
/// <param name="ModelLayers">Layers of the whole model.</param>
/// <param name="Embedding">Whether it embeds.</param>
/// <param name="Head">Whether it has the head.</param>
/// <param name="KvPositions">Positions it has room for.</param>
/// <param name="Claimed">What a decode step costs, as the node claims.</param>
/// <param name="CountsAs">The same as the gateway plans with it: held within a factor of two of what it saw.</param>
internal sealed record PeerSpan(
    string Model, string ModelId, string NumericSpec, string Layers, int ModelLayers, bool Embedding, bool Head, int KvPositions, PeerRate Claimed, PeerRate CountsAs);

/// <summary>What one decode step through a span costs, in microseconds, and the steps a second that this makes.</summary>
internal sealed record PeerRate(long OverheadUs, long LayerUs, long HeadUs, long StepUs, double TokensPerSecond);

/// <summary>A way between two nodes, as its first end measured it.</summary>
/// <param name="From">Node id of who measured.</param>
/// <param name="To">Node id of the other end.</param>
/// <param name="RoundTripMs">The least of the last measurements.</param>
/// <param name="MeasuredUnixMs">When the last of them was made.</param>
internal sealed record PeerLink(string From, string To, double RoundTripMs, long MeasuredUnixMs);

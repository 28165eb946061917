using System.Text.Json.Serialization;

namespace Aria.Gateway.Responses;

/// <summary><c>GET /v1/aria/status</c>.</summary>
/// <param name="Node">The gateway's node id.</param>
/// <param name="Peer">The same key as libp2p writes it.</param>
/// <param name="Network">The network it belongs to.</param>
/// <param name="Addresses">Where it listens for peers, with <c>/p2p</c>.</param>
/// <param name="Announced">Where it tells others that it is reached, likewise.</param>
/// <param name="Reachability">Whether others can reach it: <c>public</c>, <c>private</c>, or <c>unknown</c> where it found out nothing, or does not ask.</param>
/// <param name="Ledger">The head of its log.</param>
/// <param name="Requests">Generations now.</param>
internal sealed record GatewayStatus(
    string Node, string Peer, string Network, IReadOnlyList<string> Addresses, IReadOnlyList<string> Announced, string Reachability, LedgerSize Ledger, RequestCounts Requests)
{
    [JsonPropertyOrder(-1)]
    public string Schema { get; init; } = "aria.status/1";
}

/// <summary>A log's head: entries and the root of the tree over them.</summary>
internal sealed record LedgerSize(long Size, string Root);

/// <summary>Generations that run and that wait for their turn.</summary>
internal sealed record RequestCounts(int Running, int Waiting);

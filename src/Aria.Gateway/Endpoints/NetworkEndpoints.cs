using System.Text.Json.Serialization.Metadata;
using Aria.Discovery;
using Aria.Engine.Models;
using Aria.Gateway.Access;
using Aria.Gateway.Errors;
using Aria.Gateway.Generation;
using Aria.Gateway.Models;
using Aria.Gateway.Responses;
using Aria.Ledger;
using Aria.Libp2p;
using Aria.Libp2p.Nat.Probing;
using Aria.Node;
using Aria.Provenance.Records;
using Aria.Scheduling;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Aria.Gateway.Endpoints;

/// <summary>What can be asked about the gateway, its models and its network (specs/gateway.md §1).</summary>
internal sealed class NetworkEndpoints(AriaNode node, ModelCatalog models, GenerationCount count, OwnerToken owner)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health", context =>
        {
            Health health = node.Ledger.Stopped is { } stopped ? Health.LedgerStopped(stopped.Message) : models.Health();
            context.Response.StatusCode = health.Reason is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
            return WriteAsync(context, health, GatewayJson.Readable.Health);
        });
        routes.MapGet("/v1/models", context => WriteAsync(context, models.List(), GatewayJson.Readable.ModelList));
        routes.MapGet("/v1/models/{**id}", context => WriteAsync(context, models.Card(Model(context)), GatewayJson.Readable.ModelCard));
        routes.MapGet("/v1/aria/status", context => WriteAsync(context, Status(), GatewayJson.Readable.GatewayStatus));
        routes.MapGet("/v1/aria/peers", context => WriteAsync(context, Peers(), GatewayJson.Readable.PeerList));
        routes.MapGet("/v1/aria/records/{record}/opening", context => WriteAsync(context, Opening(context), GatewayJson.Readable.OpeningDocument));
    }

    private static Task WriteAsync<T>(HttpContext context, T document, JsonTypeInfo<T> type) =>
        context.Response.WriteAsJsonAsync(document, type, "application/json; charset=utf-8", context.RequestAborted);

    private static string Route(HttpContext context, string name) => (string)context.Request.RouteValues[name]!;

    // The server leaves an escaped slash alone; names of models may hold one.
    private ModelFile Model(HttpContext context) => models.Require(Route(context, "id").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase));

    private GatewayStatus Status()
    {
        LedgerHead head = node.Ledger.Head;
        return new(
            node.Id.ToString(), node.PeerId.ToString(), node.Network, [.. node.Addresses.Select(address => address.ToString())],
            [.. node.AnnouncedAddresses.Select(address => address.ToString())], node.Reachability switch { Reachability.Public => "public", Reachability.Private => "private", _ => "unknown" },
            new(head.Size, head.Root.ToString()), new(count.Running, count.Waiting));
    }

    private PeerList Peers()
    {
        DirectorySnapshot snapshot = node.Directory.Snapshot;
        HashSet<PeerId> connected = [.. node.Peer.ConnectedPeers];
        return new(
            node.Id.ToString(), node.Network, snapshot.Taken.ToUnixTimeMilliseconds(), new(node.Dht.RoutingTableCount, node.Dht.IsServer, (long?)node.Dht.NetworkSize),
            [.. snapshot.Nodes.Select(known => Card(known, connected.Contains(known.Record.Node.PeerIdOf())))],
            [.. snapshot.Nodes.Where(known => known.Record.Node != node.Id).SelectMany(Link)]);
    }

    private IEnumerable<PeerLink> Link(KnownNode known) => known is { RoundTrip: { } roundTrip, Measured: { } measured }
        ? [new(node.Id.ToString(), known.Record.Node.ToString(), Milliseconds(roundTrip), measured.ToUnixTimeMilliseconds())]
        : [];

    private PeerCard Card(KnownNode known, bool isConnected) => new(
        known.Record.Node.ToString(),
        known.Record.Node.PeerIdOf().ToString(),
        [.. known.Record.Addresses.Select(address => address.ToString())],
        [.. known.Record.Served.Select(served => Span(known.Record.Node, served))],
        known.Record.Sequence,
        known.Source == RecordSource.Gossip ? "gossip" : "dht",
        known.Received.ToUnixTimeMilliseconds(),
        known.Record.ExpiresUnixMs,
        isConnected,
        known.RoundTrip is { } roundTrip ? Milliseconds(roundTrip) : null,
        known.UnreachableSince?.ToUnixTimeMilliseconds());

    private PeerSpan Span(NodeId of, ServedModel served) => new(
        served.Name, served.Model.ToString(), served.NumericSpec, $"{served.Span.Layers.Start}-{served.Span.Layers.End}", served.Layers, served.Span.Embedding, served.Span.Head,
        served.KvPositions, Rate(served.Cost, served.Span), Rate(node.Directory.CountsAs(of, served), served.Span));

    private static PeerRate Rate(StepCost cost, StageSpan span)
    {
        long step = cost.Of(span);
        return new(cost.Overhead, cost.PerLayer, cost.Head, step, Math.Round(1e6 / Math.Max(1, step), 2));
    }

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);

    private OpeningDocument Opening(HttpContext context)
    {
        owner.Require(context.Request);
        string text = Route(context, "record");
        return RecordId.TryParse(text, out RecordId record) && node.Openings.Find(record) is { } opening
            ? new(record.ToString(), opening.Job.ToString(), Convert.ToBase64String(opening.Encode()))
            : throw new RequestRefusedException(ApiError.NotFound($"No opening is kept here of a record \"{text}\"."));
    }
}

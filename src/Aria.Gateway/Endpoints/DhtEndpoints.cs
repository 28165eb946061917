using System.Globalization;
using System.Text.Json;
using Aria.Gateway.Access;
using Aria.Gateway.Dht;
using Aria.Gateway.Errors;
using Aria.Gateway.Serving;
using Aria.Libp2p;
using Aria.Libp2p.KadDht;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Aria.Gateway.Endpoints;

/// <summary>The node's hash table, asked on behalf of a client (specs/gateway.md §8). Putting is for the owner.</summary>
internal sealed class DhtEndpoints(KadDht dht, TimeProvider time, OwnerToken owner)
{
    private const int MaxProviders = 256;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private delegate bool KeyParser(string text, out byte[]? key);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/aria/dht/value", Answers((context, ask, cancelled) => ask.GetAsync(Key(context, DhtKey.TryParse), cancelled)));
        routes.MapPost("/v1/aria/dht/value", PutAsync);
        routes.MapGet("/v1/aria/dht/peer", Answers((context, ask, cancelled) => ask.FindPeerAsync(Peer(context), cancelled)));
        routes.MapGet("/v1/aria/dht/providers", Answers((context, ask, cancelled) => ask.FindProvidersAsync(Key(context, DhtKey.TryParseProvided), Max(context), cancelled)));
        routes.MapGet("/v1/aria/dht/closest", Answers((context, ask, cancelled) => ask.FindClosestAsync(Key(context, DhtKey.TryParsePlace), cancelled)));
    }

    private RequestDelegate Answers(Func<HttpContext, DhtQueries, CancellationToken, Task<DhtAnswer>> ask) =>
        async context => await AnswerAsync(context, Ask(context, ask));

    private static Func<DhtQueries, CancellationToken, Task<DhtAnswer>> Ask(HttpContext context, Func<HttpContext, DhtQueries, CancellationToken, Task<DhtAnswer>> ask) =>
        (queries, cancelled) => ask(context, queries, cancelled);

    private async Task PutAsync(HttpContext context)
    {
        owner.Require(context.Request);
        ReadOnlyMemory<byte> body = await RequestBody.ReadJsonAsync(context);
        DhtPut? put;
        try
        {
            put = JsonSerializer.Deserialize(body.Span, GatewayJson.Default.DhtPut);
        }
        catch (JsonException e)
        {
            throw new RequestRefusedException(ApiError.InvalidJson($"The body is no {{\"key\",\"value_base64\"}}: {e.Message}"));
        }

        byte[] value = put?.ValueBase64 ?? throw new RequestRefusedException(ApiError.Missing("value_base64"));
        byte[] key = Require(put.Key, DhtKey.TryParse);
        await AnswerAsync(context, async (ask, cancelled) =>
        {
            try
            {
                return await ask.PutAsync(key, value, cancelled);
            }
            catch (RecordRefusedException e)
            {
                throw new RequestRefusedException(ApiError.RecordRefused(e.Message));
            }
        });
    }

    private async Task AnswerAsync(HttpContext context, Func<DhtQueries, CancellationToken, Task<DhtAnswer>> ask)
    {
        using CancellationTokenSource late = new(Patience, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, late.Token);
        bool traces = context.Request.Query["trace"] is [{ } word] && bool.TryParse(word, out bool asked) && asked;
        try
        {
            DhtAnswer answer = await ask(new(dht, time, traces), either.Token);
            await context.Response.WriteAsJsonAsync(answer, GatewayJson.Readable.DhtAnswer, "application/json; charset=utf-8", context.RequestAborted);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            throw new RequestRefusedException(ApiError.Timeout($"The hash table gave no answer within {Patience.TotalSeconds} s."));
        }
    }

    private static byte[] Key(HttpContext context, KeyParser parse) => Require(context.Request.Query["key"] is [{ } text] ? text : null, parse);

    private static byte[] Require(string? text, KeyParser parse) =>
        text is null ? throw new RequestRefusedException(ApiError.Missing("key"))
        : parse(text, out byte[]? key) ? key!
        : throw new RequestRefusedException(ApiError.InvalidValue("key", "a text, or hex: and the key's bytes, of 1 to 512 bytes is expected; for providers a model id or sha2-256 multihash in hexadecimal digits."));

    private static PeerId Peer(HttpContext context) =>
        context.Request.Query["id"] is not [{ } text] ? throw new RequestRefusedException(ApiError.Missing("id"))
        : PeerId.TryParse(text, out PeerId? peer) ? peer
        : throw new RequestRefusedException(ApiError.InvalidValue("id", "a peer id such as 12D3KooW… is expected."));

    private static int Max(HttpContext context) =>
        context.Request.Query["max"] is not [{ } text] ? DhtQueries.DefaultMaxProviders
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int max) && max is >= 1 and <= MaxProviders ? max
        : throw new RequestRefusedException(ApiError.InvalidValue("max", $"a number from 1 to {MaxProviders} is expected."));
}

/// <summary>The body of a put.</summary>
internal sealed record DhtPut(string? Key, byte[]? ValueBase64);

using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aria.Gateway.Tests.Streaming;
using Aria.Node;
using Aria.Scheduling;

namespace Aria.Gateway.Tests.Network;

/// <summary>A gateway with its node, and a client of it.</summary>
internal sealed class TestGateway : IAsyncDisposable
{
    public const string Token = "the owner's token";

    private TestGateway(AriaNode node, GatewayServer server)
    {
        (Node, Server) = (node, server);
        Client = new(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero }) { BaseAddress = server.Url };
    }

    public AriaNode Node { get; }

    /// <summary>What the server logs.</summary>
    public AwaitedLog Log { get; private init; } = null!;

    public GatewayServer Server { get; }

    public HttpClient Client { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Serves <paramref name="node"/>, which it owns from now on.</summary>
    public static async Task<TestGateway> StartAsync(AriaNode node, bool findRoute)
    {
        if (findRoute)
        {
            await RouteAsync(node);
        }

        GatewayOptions options = new() { Port = 0, Owner = new(Token), DrainTimeout = TimeSpan.Zero };
        AwaitedLog log = new();
        return new(node, await GatewayServer.StartAsync(node, options, TimeProvider.System, log, Cancel)) { Log = log };
    }

    /// <summary>Returns when the node's directory shows a way through the model.</summary>
    public static async Task RouteAsync(AriaNode node)
    {
        TaskCompletionSource found = new(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look()
        {
            NodeModel model = node.Models[0];
            if (PipelinePlanner.Plan(node.Directory.SwarmFor(model.Id, model.Layers, node.Id), null, 1) is PlanResult.Found)
            {
                found.TrySetResult();
            }
        }

        node.Directory.Changed += Look;
        Look();
        await found.Task.WaitAsync(Cancel);
        node.Directory.Changed -= Look;
    }

    /// <summary>Returns when a node's directory shows these nodes.</summary>
    public static async Task KnowsAsync(AriaNode node, params NodeId[] nodes)
    {
        while (nodes.Any(one => node.Directory.Snapshot.Find(one) is null or { Record.Served.IsEmpty: true }))
        {
            await node.Directory.RefreshAsync(Cancel);
        }
    }

    /// <summary>Posts a JSON body; the reply's headers are there when this returns.</summary>
    public async Task<HttpResponseMessage> PostAsync(string path, string json)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        return await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
    }

    /// <summary>The document that answers a request which succeeds.</summary>
    public async Task<JsonElement> AnswerAsync(string path, string json)
    {
        using HttpResponseMessage response = await PostAsync(path, json);
        return await DocumentAsync(response, 200);
    }

    /// <summary>The document at a path.</summary>
    public async Task<JsonElement> GetAsync(string path, int status = 200, string? token = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using HttpResponseMessage response = await Client.SendAsync(request, Cancel);
        return await DocumentAsync(response, status);
    }

    /// <summary>The events of a streamed answer.</summary>
    public async Task<EventReader> StreamAsync(string path, string json)
    {
        HttpResponseMessage response = await PostAsync(path, json);
        Assert.True(response.IsSuccessStatusCode, response.IsSuccessStatusCode ? "" : await response.Content.ReadAsStringAsync(Cancel));
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.True(response.Headers.Contains("x-aria-job"));
        return new(await response.Content.ReadAsStreamAsync(Cancel));
    }

    /// <summary>The error that refuses a request.</summary>
    public async Task<JsonElement> RefusalAsync(string path, string json, int status)
    {
        using HttpResponseMessage response = await PostAsync(path, json);
        return (await DocumentAsync(response, status)).GetProperty("error");
    }

    /// <summary>Returns when no generation runs: a generation tells of its end a moment before it gives its place back.</summary>
    public async Task IdleAsync()
    {
        while (Node.Generator.Present > 0)
        {
            Cancel.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>A chat's body with one user message.</summary>
    public static string Chat(string content, string more = "") =>
        $$"""{"model":"aria-tiny","messages":[{"role":"user","content":{{JsonValue.Create(content).ToJsonString()}}}]{{more}}}""";

    /// <summary>A completion's body.</summary>
    public static string Completion(string prompt, string more = "") => $$"""{"model":"aria-tiny","prompt":{{JsonValue.Create(prompt).ToJsonString()}}{{more}}}""";

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
        await Node.DisposeAsync();
    }

    private static async Task<JsonElement> DocumentAsync(HttpResponseMessage response, int status)
    {
        string text = await response.Content.ReadAsStringAsync(Cancel);
        Assert.True(status == (int)response.StatusCode, $"{(int)response.StatusCode}: {text}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.True(response.Headers.Contains("x-request-id"));
        using JsonDocument document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}

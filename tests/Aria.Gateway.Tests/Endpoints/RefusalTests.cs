using System.Text.Json;
using Aria.Engine.Text;
using Aria.Gateway.Tests.Network;
using Aria.Gateway.Tests.Streaming;
using Aria.Node;
using Aria.Testing;

namespace Aria.Gateway.Tests.Endpoints;

/// <summary>What a gateway with a whole network behind it refuses, and how.</summary>
public sealed class RefusalTests(TestNetwork network)
{
    private const string Chat = "/v1/chat/completions";
    private const string Completions = "/v1/completions";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TheVectors_AreRefusedAsTheySay()
    {
        await using TestGateway gateway = await StartAloneAsync();
        using JsonDocument vectors = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "gateway", "refusals.json"), Cancel));
        Assert.NotEqual(0, vectors.RootElement.GetArrayLength());
        foreach (JsonElement vector in vectors.RootElement.EnumerateArray())
        {
            string body = vector.GetProperty("body").GetString()!;
            JsonElement error = await gateway.RefusalAsync(vector.GetProperty("path").GetString()!, body, vector.GetProperty("status").GetInt32());
            Assert.Equal(
                (body, vector.GetProperty("code").GetString(), vector.GetProperty("param").GetString(), "invalid_request_error"),
                (body, error.GetProperty("code").GetString(), error.GetProperty("param").GetString(), error.GetProperty("type").GetString()));
        }
    }

    [Fact]
    public async Task ContextOverflow_TellsBothNumbers()
    {
        await using TestGateway gateway = await StartAloneAsync();
        int context = network.Model.Shape.Context;
        Tokenizer tokenizer = network.Model.Tokenizer;
        int prompt = 1 + tokenizer.Encode("Once upon a time").Length;
        foreach (bool stream in (bool[])[false, true])
        {
            string more = $",\"max_tokens\":{context - prompt + 1},\"stream\":{(stream ? "true" : "false")}";
            JsonElement error = await gateway.RefusalAsync(Completions, TestGateway.Completion("Once upon a time", more), 400);
            Assert.Equal(("context_length_exceeded", "prompt"), (error.GetProperty("code").GetString(), error.GetProperty("param").GetString()));
            Assert.Contains($"{context} tokens", error.GetProperty("message").GetString(), StringComparison.Ordinal);
            Assert.Contains($"{context + 1} were asked for", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        }

        string endless = string.Concat(Enumerable.Repeat("Once upon a time ", context));
        JsonElement tooLong = await gateway.RefusalAsync(Chat, TestGateway.Chat(endless), 400);
        Assert.Equal(("context_length_exceeded", "messages"), (tooLong.GetProperty("code").GetString(), tooLong.GetProperty("param").GetString()));
        int tokens = network.Model.ChatTemplate.Encode([new("user", endless)]).Length;
        Assert.Contains($"{tokens} in the prompt", tooLong.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task MissingLayers_AreNamed_AsAPlainError_AlsoToStreams()
    {
        int layers = network.Model.Shape.Layers;
        await using AriaNode half = await network.StartNodeAsync(new(true, LayerRange.Of(0, layers / 2), false), bootstrap: []);
        await using TestGateway gateway = await TestGateway.StartAsync(await network.StartNodeAsync(null, bootstrap: half.Addresses), findRoute: false);
        await TestGateway.KnowsAsync(gateway.Node, half.Id);
        string missing = $"layers [{layers / 2},{layers}), head";
        foreach (string stream in (string[])["", ",\"stream\":true"])
        {
            using HttpResponseMessage response = await gateway.PostAsync(Chat, TestGateway.Chat("hi", stream));
            Assert.Equal("1", Assert.Single(response.Headers.GetValues("retry-after")));
            Assert.Equal(503, (int)response.StatusCode);
            JsonElement error = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel)).RootElement.GetProperty("error");
            Assert.Equal(("no_route", "server_error"), (error.GetProperty("code").GetString(), error.GetProperty("type").GetString()));
            Assert.Contains(missing, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        }

        JsonElement health = await gateway.GetAsync("/health", 503);
        Assert.Equal("no_route", health.GetProperty("status").GetString());
        Assert.Contains(missing, health.GetProperty("reason").GetString(), StringComparison.Ordinal);
        JsonElement facts = (await gateway.GetAsync("/v1/models/aria-tiny")).GetProperty("aria");
        Assert.False(facts.GetProperty("servable").GetBoolean());
        Assert.Equal([.. Enumerable.Repeat(1, layers / 2), .. Enumerable.Repeat(0, layers - layers / 2)], facts.GetProperty("coverage").EnumerateArray().Select(count => count.GetInt32()));
    }

    [Fact]
    public async Task FullQueue_IsToldAtOnce_AndPasses()
    {
        await using TestGateway gateway = await network.StartGatewayAsync(new() { MaxRunning = 1, MaxWaiting = 0 });
        TaskCompletionSource release = new();
        gateway.Node.Generator.BeforeRelease = async (_, _, _) => await release.Task;
        using EventReader events = await gateway.StreamAsync(Completions, TestGateway.Completion("Once", ",\"max_tokens\":2,\"stream\":true"));
        JsonElement status = (await gateway.GetAsync("/v1/aria/status")).GetProperty("requests");
        Assert.Equal((1, 0), (status.GetProperty("running").GetInt32(), status.GetProperty("waiting").GetInt32()));

        using HttpResponseMessage response = await gateway.PostAsync(Completions, TestGateway.Completion("Once", ",\"max_tokens\":2"));
        Assert.Equal(429, (int)response.StatusCode);
        Assert.Equal("1", Assert.Single(response.Headers.GetValues("retry-after")));
        JsonElement error = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel)).RootElement.GetProperty("error");
        Assert.Equal(("queue_full", "rate_limit_exceeded"), (error.GetProperty("code").GetString(), error.GetProperty("type").GetString()));

        release.SetResult();
        while (await events.NextAsync(Cancel) != "data: [DONE]")
        {
        }

        await gateway.IdleAsync();
        await gateway.AnswerAsync(Completions, TestGateway.Completion("Once", ",\"max_tokens\":2"));
    }

    /// <summary>A gateway without a network: whatever these tests ask for is refused before one is needed.</summary>
    private async Task<TestGateway> StartAloneAsync() => await TestGateway.StartAsync(await network.StartNodeAsync(null, bootstrap: []), findRoute: false);
}

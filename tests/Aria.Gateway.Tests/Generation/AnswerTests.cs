using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using Aria.Gateway.Generation;
using Aria.Gateway.Requests;
using Aria.Gateway.Responses;
using Aria.Gateway.Tests.Streaming;
using Aria.Node.Generation;
using Aria.Provenance.Receipts;
using Aria.Provenance.Records;
using Aria.Scheduling;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Aria.Gateway.Tests.Generation;

/// <summary>Answers over real sockets, to generations whose every event the test decides.</summary>
public sealed class AnswerTests
{
    private static readonly NodeId First = new(Digest.Of("first"u8)), Second = new(Digest.Of("second"u8));
    private static readonly JobId Job = JobId.FromBytes(new byte[JobId.Size]);
    private static readonly PipelinePlan Plan = new([new(First, new(true, LayerRange.Of(0, 4), false)), new(Second, new(false, LayerRange.Of(4, 8), true))], 10);
    private static readonly GenerationSettings Settings = new("m", null, new(1f, 0, 1f, ulong.MaxValue), [], true, false, ["user"]);
    private static readonly AnswerHead Head = new("id-1", 1_700_000_000, "m", "aria-x-01234567");

    private readonly Channel<GenerationEvent> _events = Channel.CreateUnbounded<GenerationEvent>();
    private readonly TaskCompletionSource _ended = new();
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ChatStream_HasRole_PiecesAndReason_WithAriaOnTheLast()
    {
        await using GatewayServer server = await ServeAsync(new ChatFormat(Head), Settings);
        using HttpClient client = new() { BaseAddress = server.Url };
        Script("Once", "", " upon");
        Finish(FinishReason.Stop);
        Assert.Equal(
            """
            data: {"object":"chat.completion.chunk","id":"id-1","created":1700000000,"model":"m","system_fingerprint":"aria-x-01234567","choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":null,"logprobs":null}]}

            data: {"object":"chat.completion.chunk","id":"id-1","created":1700000000,"model":"m","system_fingerprint":"aria-x-01234567","choices":[{"index":0,"delta":{"content":"Once"},"finish_reason":null,"logprobs":null}]}

            data: {"object":"chat.completion.chunk","id":"id-1","created":1700000000,"model":"m","system_fingerprint":"aria-x-01234567","choices":[{"index":0,"delta":{"content":" upon"},"finish_reason":null,"logprobs":null}]}

            data: {"object":"chat.completion.chunk","id":"id-1","created":1700000000,"model":"m","system_fingerprint":"aria-x-01234567","choices":[{"index":0,"delta":{},"finish_reason":"stop","logprobs":null}],"aria":ARIA}

            data: [DONE]


            """.ReplaceLineEndings("\n").Replace("ARIA", Aria, StringComparison.Ordinal),
            await client.GetStringAsync("/", Cancel));
    }

    [Fact]
    public async Task CompletionStream_WithUsage_EndsWithAnEventOfTotals()
    {
        await using GatewayServer server = await ServeAsync(new CompletionFormat(Head), Settings with { IncludeUsage = true });
        using HttpClient client = new() { BaseAddress = server.Url };
        Script("Once");
        Finish(FinishReason.Length);
        Assert.Equal(
            """
            data: {"object":"text_completion","id":"id-1","created":1700000000,"model":"m","system_fingerprint":"aria-x-01234567","choices":[{"index":0,"text":"Once","finish_reason":null,"logprobs":null}]}

            data: {"object":"text_completion","id":"id-1","created":1700000000,"model":"m","system_fingerprint":"aria-x-01234567","choices":[{"index":0,"text":"","finish_reason":"length","logprobs":null}]}

            data: {"object":"text_completion","id":"id-1","created":1700000000,"model":"m","system_fingerprint":"aria-x-01234567","choices":[],"usage":USAGE,"aria":ARIA}

            data: [DONE]


            """.ReplaceLineEndings("\n").Replace("ARIA", Aria, StringComparison.Ordinal).Replace("USAGE", Usage, StringComparison.Ordinal),
            await client.GetStringAsync("/", Cancel));
    }

    [Fact]
    public async Task WholeChat_IsOneDocument()
    {
        await using GatewayServer server = await ServeAsync(new ChatFormat(Head), Settings with { Stream = false });
        using HttpClient client = new() { BaseAddress = server.Url };
        Script("Once", " upon");
        Finish(FinishReason.Stop);
        using HttpResponseMessage response = await client.GetAsync("/", Cancel);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(
            """{"object":"chat.completion","id":"id-1","created":1700000000,"model":"m","system_fingerprint":"aria-x-01234567","choices":[{"index":0,"message":{"content":"Once upon","role":"assistant","refusal":null},"finish_reason":"stop","logprobs":null}],"usage":USAGE,"aria":ARIA}"""
                .Replace("ARIA", Aria, StringComparison.Ordinal).Replace("USAGE", Usage, StringComparison.Ordinal),
            await response.Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task EachToken_IsOnTheWire_BeforeTheNextExists()
    {
        await using GatewayServer server = await ServeAsync(new ChatFormat(Head), Settings);
        using EventReader events = await OpenAsync(server);
        Assert.Equal("assistant", (await events.NextJsonAsync(Cancel)).GetProperty("choices")[0].GetProperty("delta").GetProperty("role").GetString());
        foreach (string text in (string[])["a", "é", "🌍"])
        {
            Script(text);
            Assert.Equal(text, (await events.NextJsonAsync(Cancel)).GetProperty("choices")[0].GetProperty("delta").GetProperty("content").GetString());
        }
    }

    [Fact]
    public async Task Headers_AreOnTheWire_BeforeTheFirstToken()
    {
        await using GatewayServer server = await ServeAsync(new CompletionFormat(Head), Settings);
        using EventReader events = await OpenAsync(server);     // returns when the headers are there
        Script("a");
        Assert.Equal("a", (await events.NextJsonAsync(Cancel)).GetProperty("choices")[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task Silence_IsBrokenByComments()
    {
        await using GatewayServer server = await ServeAsync(new CompletionFormat(Head), Settings);
        using EventReader events = await OpenAsync(server);
        for (int i = 0; i < 2; i++)
        {
            Task<string?> next = events.NextLineAsync(Cancel);
            while (!next.IsCompleted)
            {
                _time.Advance(TimeSpan.FromSeconds(1));         // the answer may not have begun to wait yet
                await Task.Yield();
            }

            Assert.Equal(": ping", await next);
        }

        Script("a");
        Assert.Contains("\"text\":\"a\"", await events.NextAsync(Cancel), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "no_route")]
    [InlineData(false, "internal_error")]
    public async Task FailureOnTheWay_IsAnEvent_ThenTheConnectionBreaks(bool expected, string code)
    {
        await using GatewayServer server = await ServeAsync(new CompletionFormat(Head), Settings);
        using EventReader events = await OpenAsync(server);
        Script("a");
        await events.NextJsonAsync(Cancel);
        _events.Writer.Complete(expected ? new NoRouteException(new(false, [LayerRange.Of(4, 8)], true)) : new InvalidDataException("inner secret"));
        JsonElement error = (await events.NextJsonAsync(Cancel)).GetProperty("error");
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.Contains(expected ? "layers [4,8), head" : "req_", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<IOException>(() => events.NextAsync(Cancel));
        await _ended.Task;
    }

    [Fact]
    public async Task FailureOfAWholeAnswer_IsAnError()
    {
        await using GatewayServer server = await ServeAsync(new CompletionFormat(Head), Settings with { Stream = false });
        using HttpClient client = new() { BaseAddress = server.Url };
        Script("a");
        _events.Writer.Complete(new NoRouteException(new(false, [LayerRange.Of(4, 8)], true)));
        using HttpResponseMessage response = await client.GetAsync("/", Cancel);
        Assert.Equal(503, (int)response.StatusCode);
        Assert.Contains("layers [4,8), head", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClientThatLeaves_EndsTheGeneration()
    {
        await using GatewayServer server = await ServeAsync(new CompletionFormat(Head), Settings);
        EventReader events = await OpenAsync(server);
        Script("a");
        await events.NextJsonAsync(Cancel);
        events.Dispose();
        await _ended.Task.WaitAsync(Cancel);
    }

    [Fact]
    public async Task ServerThatStops_EndsItsStreams_SayingSo()
    {
        await using GatewayServer server = await ServeAsync(new CompletionFormat(Head), Settings);
        using EventReader events = await OpenAsync(server);
        Script("a");
        await events.NextJsonAsync(Cancel);
        Task stop = server.StopAsync(Cancel);
        Assert.Equal("server_stopping", (await events.NextJsonAsync(Cancel)).GetProperty("error").GetProperty("code").GetString());
        await Assert.ThrowsAnyAsync<IOException>(() => events.NextAsync(Cancel));
        await stop;
        Assert.True(_ended.Task.IsCompleted);
    }

    private static string Usage =>
        """{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}""";

    private static string Aria =>
        $$$"""{"job":"{{{Job}}}","record":"{{{Digest.Of("record"u8)}}}","ledger":{"index":7},"seed":"18446744073709551615","attempts":2,"hops":[{"node":"{{{First}}}","layers":"0-4","embedding":true,"head":false},{"node":"{{{Second}}}","layers":"4-8","embedding":false,"head":true}],"energy":{"method":"estimate-tdp","low_mj":10,"high_mj":30},"timings":{"ttft_ms":100,"total_ms":300,"decode_tps":10},"ignored":["user"]}""";

    private void Script(params string[] texts)
    {
        foreach (string text in texts)
        {
            Assert.True(_events.Writer.TryWrite(new GenerationEvent.Token(1, 1, text, Plan)));
        }
    }

    private void Finish(FinishReason reason)
    {
        _events.Writer.TryWrite(new GenerationEvent.Finished(
            reason, new RecordId(Digest.Of("record"u8)), 7, null, 2, Plan, new(EnergyMethod.EstimateTdp, 10, 30), TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(300), 5, 3));
        _events.Writer.Complete();
    }

    private Task<GatewayServer> ServeAsync(AnswerFormat format, GenerationSettings settings) => GatewayServer.StartAsync(
        (routes, stopping) => routes.MapGet("/", async context =>
        {
            using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
            await using PatientEvents<GenerationEvent> events = new(EventsAsync(ending.Token), _time, ending.Token);
            Answer answer = new(context, format, settings, Job, events, NullLogger.Instance);
            try
            {
                await (settings.Stream ? answer.WriteStreamAsync() : answer.WriteWholeAsync());
            }
            catch (Exception e) when (GenerationFailure.Of(e) is { } error)
            {
                throw new Errors.RequestRefusedException(error);
            }
        }),
        new() { Port = 0, Owner = new("secret"), DrainTimeout = TimeSpan.Zero },
        NullLoggerFactory.Instance,
        Cancel);

    private async IAsyncEnumerable<GenerationEvent> EventsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            await foreach (GenerationEvent next in _events.Reader.ReadAllAsync(cancellationToken))
            {
                yield return next;
            }
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    private static async Task<EventReader> OpenAsync(GatewayServer server)
    {
        HttpClient client = new(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero }) { BaseAddress = server.Url };
        HttpResponseMessage response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead, Cancel);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new(await response.Content.ReadAsStreamAsync(Cancel));
    }
}

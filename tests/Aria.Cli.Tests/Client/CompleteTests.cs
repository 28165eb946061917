using System.Diagnostics;
using System.Text.Json;
using Aria.Testing;
using Microsoft.AspNetCore.Http;

namespace Aria.Cli.Tests.Client;

/// <summary><c>aria complete</c> and <c>aria chat</c> against answers written by hand.</summary>
public sealed class CompleteTests
{
    private const string Aria = """
        {"job":"01","record":"0123456789abcdef","ledger":{"index":18},"seed":"1","attempts":1,"hops":[{"node":"9f2c000011112222","layers":"0-4"},{"node":"51aa000011112222","layers":"4-8"}],"energy":{"method":"none","low_mj":0,"high_mj":0},"timings":{"ttft_ms":31.4,"total_ms":90,"decode_tps":41.24},"ignored":[]}
        """;

    private static readonly string[] Stream =
    [
        """{"choices":[{"index":0,"text":"the sea ","finish_reason":null}]}""",
        """{"choices":[{"index":0,"text":"was calm","finish_reason":null}]}""",
        """{"choices":[{"index":0,"text":"","finish_reason":"length"}]}""",
        """{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":24,"total_tokens":27},"aria":""" + Aria + "}",
    ];

    [Fact]
    public async Task StandardOutput_IsTheModelsTextAlone()
    {
        await using CannedGateway gateway = await CannedGateway.StartAsync(context => SendAsync(context, Stream, done: true));
        ProgramRun run = await RunAsync("complete", "Once", "--temp", "0", "--seed", "18446744073709551615", "--max-tokens", "24", "--stop", "x", "--node", gateway.Url);
        Assert.Equal((0, "the sea was calm\n"), (run.ExitCode, run.Output));
        Assert.Equal("24 tokens · TTFT 31 ms · 41.2 tok/s · 9f2c0000→51aa0000 · energy not measured · record 0123456789ab (ledger 18)\n", run.Error);
        Assert.Equal(
            """{"model":"aria-tiny","prompt":"Once","temperature":0,"max_tokens":24,"seed":18446744073709551615,"stop":["x"],"stream":true,"stream_options":{"include_usage":true}}""",
            gateway.LastBody);
    }

    [Fact]
    public async Task Json_IsOneDocument()
    {
        await using CannedGateway gateway = await CannedGateway.StartAsync(context => SendAsync(context, Stream, done: true));
        ProgramRun run = await RunAsync("complete", "Once", "--json", "--node", gateway.Url);
        using JsonDocument document = JsonDocument.Parse(run.Output);
        Assert.Equal("aria.complete/1", document.RootElement.GetProperty("schema").GetString());
        Assert.Equal("the sea was calm", document.RootElement.GetProperty("text").GetString());
        Assert.Equal("length", document.RootElement.GetProperty("finish_reason").GetString());
        Assert.Equal(18, document.RootElement.GetProperty("aria").GetProperty("ledger").GetProperty("index").GetInt64());
    }

    [Fact]
    public async Task PenaltiesAndLogprobs_AreAskedFor_AndTold()
    {
        string[] events =
        [
            """{"choices":[{"index":0,"text":"the sea","finish_reason":null,"logprobs":{"tokens":["the"," sea"],"token_logprobs":[-0.25,-3],"top_logprobs":[{"the":-0.25,"\n":-2},{"bytes:\\xc3":-0.5," sea":-3}],"text_offset":[0,3]}}]}""",
            """{"choices":[{"index":0,"text":"","finish_reason":"length","logprobs":null}]}""",
            .. Stream[3..],
        ];
        await using CannedGateway gateway = await CannedGateway.StartAsync(context => SendAsync(context, events, done: true));
        string[] arguments = ["complete", "Once", "--temp", "0", "--repetition-penalty", "1.2", "--frequency-penalty", "-0.5", "--presence-penalty", "0.25", "--logprobs", "2", "--node", gateway.Url];
        ProgramRun run = await RunAsync(arguments);
        Assert.Equal((0, "the sea\n"), (run.ExitCode, run.Output));
        Assert.StartsWith("  -0.250 \"the\"   \"\\n\" -2.000\n  -3.000 \" sea\"   \"bytes:\\\\xc3\" -0.500\n24 tokens", run.Error, StringComparison.Ordinal);
        Assert.Contains("\"repetition_penalty\":1.2,\"frequency_penalty\":-0.5,\"presence_penalty\":0.25,\"logprobs\":2,", gateway.LastBody, StringComparison.Ordinal);

        using JsonDocument document = JsonDocument.Parse((await RunAsync([.. arguments, "--json"])).Output);
        JsonElement token = document.RootElement.GetProperty("logprobs")[1];
        Assert.Equal((" sea", -3, -0.5), (token.GetProperty("token").GetString(), token.GetProperty("logprob").GetDouble(), token.GetProperty("top").GetProperty("bytes:\\xc3").GetDouble()));
    }

    [Fact]
    public async Task PromptFromStandardInput_IsTakenAsItIs()
    {
        await using CannedGateway gateway = await CannedGateway.StartAsync(context => SendAsync(context, Stream, done: true));
        await AriaProgram.RunAsync(["complete", "-", "--node", gateway.Url], input: "one\ntwo\n", cancellationToken: TestContext.Current.CancellationToken);
        using JsonDocument body = JsonDocument.Parse(gateway.LastBody);
        Assert.Equal("one\ntwo\n", body.RootElement.GetProperty("prompt").GetString());
    }

    [Theory]
    [InlineData(503, "no_route", ExitCode.Precondition)]
    [InlineData(400, "context_length_exceeded", ExitCode.Precondition)]
    [InlineData(404, "model_not_found", ExitCode.Precondition)]
    [InlineData(400, "invalid_value", ExitCode.Usage)]
    [InlineData(504, "pipeline_timeout", ExitCode.Timeout)]
    [InlineData(500, "internal_error", ExitCode.Bug)]
    public async Task Refusals_BecomeExitStatuses(int status, string code, int exit)
    {
        await using CannedGateway gateway = await CannedGateway.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync($$$"""{"error":{"message":"because {{{code}}}","type":"t","param":null,"code":"{{{code}}}"}}""");
        });
        ProgramRun run = await RunAsync("complete", "Once", "--node", gateway.Url);
        Assert.Equal(exit, run.ExitCode);
        Assert.Contains($"error: because {code}", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ErrorWithinTheStream_FailsTheCommand_KeepingTheTextSoFar()
    {
        await using CannedGateway gateway = await CannedGateway.StartAsync(context =>
            SendAsync(context, [.. Stream[..1], """{"error":{"message":"no node serves [4,8)","type":"server_error","param":null,"code":"no_route"}}"""], done: false));
        ProgramRun run = await RunAsync("complete", "Once", "--node", gateway.Url);
        Assert.Equal((ExitCode.Precondition, "the sea \n"), (run.ExitCode, run.Output));
        Assert.Contains("no node serves [4,8)", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StreamWithoutItsEnd_IsNoSuccess()
    {
        await using CannedGateway gateway = await CannedGateway.StartAsync(context => SendAsync(context, Stream, done: false));
        Assert.Equal(ExitCode.Unreachable, (await RunAsync("complete", "Once", "--node", gateway.Url)).ExitCode);
    }

    [Fact]
    public async Task ServerThatIsNoGateway_IsTold()
    {
        await using CannedGateway gateway = await CannedGateway.StartAsync(context =>
        {
            context.Response.StatusCode = 502;
            return context.Response.WriteAsync("<html>");
        });
        ProgramRun run = await RunAsync("complete", "Once", "--node", gateway.Url);
        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains("no ARIA gateway", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Timeout_Is7()
    {
        await using CannedGateway gateway = await CannedGateway.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        Assert.Equal(ExitCode.Timeout, (await RunAsync("complete", "Once", "--timeout", "200ms", "--node", gateway.Url)).ExitCode);
    }

    [Theory]
    [InlineData("INT", ExitCode.Interrupted)]
    [InlineData("TERM", ExitCode.Terminated)]
    public async Task Signal_EndsTheRequest_WithItsOwnStatus(string signal, int exit)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such signals.");
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource dropped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CannedGateway gateway = await CannedGateway.StartAsync(async context =>
        {
            context.RequestAborted.Register(dropped.SetResult);
            arrived.SetResult();
            await dropped.Task;
        });
        using Process process = AriaProgram.Start(["complete", "Once", "--node", gateway.Url]);
        await arrived.Task.WaitAsync(TestContext.Current.CancellationToken);
        using (Process kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]))
        {
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(exit, process.ExitCode);
        await dropped.Task.WaitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Chat_CarriesTheConversationAlong()
    {
        string[] stream = ["""{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}""", """{"choices":[{"index":0,"delta":{"content":"hello"},"finish_reason":"stop"}]}"""];
        await using CannedGateway gateway = await CannedGateway.StartAsync(context => SendAsync(context, stream, done: true));
        ProgramRun run = await AriaProgram.RunAsync(
            ["chat", "--system", "be kind", "--temp", "0", "--node", gateway.Url], input: "hi\n/record\nand you?\n/nonsense\n/quit\nnever\n", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal((0, "hello\nhello\n"), (run.ExitCode, run.Output));
        using JsonDocument body = JsonDocument.Parse(gateway.LastBody);
        Assert.Equal(
            ["system:be kind", "user:hi", "assistant:hello", "user:and you?"],
            body.RootElement.GetProperty("messages").EnumerateArray().Select(message => $"{message.GetProperty("role").GetString()}:{message.GetProperty("content").GetString()}"));
    }

    private static async Task SendAsync(HttpContext context, string[] events, bool done)
    {
        context.Response.ContentType = "text/event-stream";
        foreach (string data in events)
        {
            await context.Response.WriteAsync($": comment\n\ndata: {data}\n\n");
        }

        if (done)
        {
            await context.Response.WriteAsync("data: [DONE]\n\n");
        }
    }

    private static Task<ProgramRun> RunAsync(params string[] arguments) =>
        AriaProgram.RunAsync(arguments, cancellationToken: TestContext.Current.CancellationToken);
}

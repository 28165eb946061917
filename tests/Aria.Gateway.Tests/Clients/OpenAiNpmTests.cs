using System.Diagnostics;
using System.Text.Json;
using Aria.Gateway.Tests.Network;
using Aria.Testing.Interop;

namespace Aria.Gateway.Tests.Clients;

/// <summary>OpenAI's own client for node, unchanged, against a gateway: <c>tests/openai-client/client.mjs</c>.</summary>
public sealed class OpenAiNpmTests(TestNetwork network)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EverythingItAsksFor_IsAnswered()
    {
        string folder = await JsPackages.InstalledAsync("openai-client", Cancel);
        await using TestGateway gateway = await network.StartGatewayAsync();
        JsonElement told = await RunAsync(folder, new Uri(gateway.Server.Url, "/v1").ToString());

        Assert.Equal(["aria-tiny"], told.GetProperty("models").EnumerateArray().Select(id => id.GetString()));
        JsonElement chat = told.GetProperty("chat");
        Assert.NotEqual("", Text(chat));
        Assert.Equal(chat.GetProperty("job").GetString(), chat.GetProperty("header").GetString());
        Assert.StartsWith("req_", chat.GetProperty("requestId").GetString(), StringComparison.Ordinal);

        JsonElement streamed = told.GetProperty("streamed");
        Assert.Equal(Text(chat), Text(streamed));
        Assert.Equal(0, streamed.GetProperty("empty").GetInt32());
        Assert.Equal(Finish(chat), Finish(streamed));
        Assert.Equal(chat.GetProperty("usage").ToString(), streamed.GetProperty("usage").ToString());
        Assert.Equal(64, streamed.GetProperty("record").GetString()!.Length);

        JsonElement assembled = told.GetProperty("assembled");
        Assert.Equal((Text(chat), Finish(chat), "assistant"), (Text(assembled), Finish(assembled), assembled.GetProperty("role").GetString()));
        Assert.Equal(Text(told.GetProperty("completion")), Text(told.GetProperty("completionStreamed")));
        Assert.Equal(Finish(told.GetProperty("completion")), Finish(told.GetProperty("completionStreamed")));

        JsonElement judged = told.GetProperty("judged");
        Assert.Equal(Text(judged), string.Concat(judged.GetProperty("tokens").EnumerateArray().Select(token => token.GetProperty("token").GetString())));
        Assert.All(judged.GetProperty("tokens").EnumerateArray(), token => Assert.Equal(2, token.GetProperty("top_logprobs").GetArrayLength()));
        Assert.Equal(judged.ToString(), told.GetProperty("judgedStreamed").ToString());

        AssertRefused(told.GetProperty("unknownModel"), "NotFoundError", 404, "model_not_found");
        AssertRefused(told.GetProperty("tooLong"), "BadRequestError", 400, "context_length_exceeded");
        AssertRefused(told.GetProperty("noEmbeddings"), "NotFoundError", 404, "unsupported_endpoint");
    }

    private static string? Text(JsonElement answer) => answer.GetProperty("text").GetString();

    private static string? Finish(JsonElement answer) => answer.GetProperty("finish").GetString();

    private static void AssertRefused(JsonElement error, string name, int status, string code)
    {
        Assert.Equal((name, status, code), (error.GetProperty("name").GetString(), error.GetProperty("status").GetInt32(), error.GetProperty("code").GetString()));
        Assert.StartsWith("req_", error.GetProperty("requestID").GetString(), StringComparison.Ordinal);
    }

    private static async Task<JsonElement> RunAsync(string folder, string url)
    {
        ProcessStartInfo start = new("node", ["client.mjs", url]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process node = Process.Start(start)!;
        Task<string> output = node.StandardOutput.ReadToEndAsync(Cancel);
        Task<string> errors = node.StandardError.ReadToEndAsync(Cancel);
        await node.WaitForExitAsync(Cancel);
        Assert.True(node.ExitCode == 0, await errors);
        using JsonDocument document = JsonDocument.Parse(await output);
        return document.RootElement.Clone();
    }
}

using System.Text;
using System.Text.Json;
using Aria.Gateway.Responses;
using Aria.Gateway.Streaming;
using Microsoft.AspNetCore.Http;

namespace Aria.Gateway.Tests.Streaming;

public sealed class ServerSentEventsTests
{
    [Fact]
    public async Task Events_AreOneDataLineEach()
    {
        DefaultHttpContext context = new();
        using MemoryStream body = new();
        context.Response.Body = body;
        ServerSentEvents events = new(context);
        await events.StartAsync();
        ChatChunk chunk = new("chatcmpl-1", 5, "m", "f", [new(0, new() { Content = "a\nb\u00e9" }, null, null)]);
        await events.SendAsync(JsonSerializer.SerializeToUtf8Bytes(chunk, GatewayJson.Readable.ChatChunk));
        await events.PingAsync();
        await events.SendAsync(JsonSerializer.SerializeToUtf8Bytes(chunk with { Choices = [], Usage = Usage.Of(3, 4) }, GatewayJson.Readable.ChatChunk));
        await events.DoneAsync();

        Assert.Equal("text/event-stream; charset=utf-8", context.Response.ContentType);
        Assert.Equal("no-cache", context.Response.Headers.CacheControl.ToString());
        Assert.Equal(
            """
            data: {"object":"chat.completion.chunk","id":"chatcmpl-1","created":5,"model":"m","system_fingerprint":"f","choices":[{"index":0,"delta":{"content":"a\nbé"},"finish_reason":null,"logprobs":null}]}

            : ping

            data: {"object":"chat.completion.chunk","id":"chatcmpl-1","created":5,"model":"m","system_fingerprint":"f","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}}

            data: [DONE]


            """.ReplaceLineEndings("\n"),
            Encoding.UTF8.GetString(body.ToArray()));
    }
}

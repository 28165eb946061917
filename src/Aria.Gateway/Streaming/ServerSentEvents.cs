using System.Text.Json;
using Aria.Gateway.Errors;
using Microsoft.AspNetCore.Http;

namespace Aria.Gateway.Streaming;

/// <summary>
/// A stream of <c>data:</c> events, each flushed as it is written. Only data events and comments are sent: clients stumble over
/// events of other names.
/// </summary>
internal sealed class ServerSentEvents(HttpContext context)
{
    /// <summary>How long a silent stream waits before a comment tells that it lives.</summary>
    public static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(10);

    /// <summary>Lets the error chunk reach the client before the connection is dropped.</summary>
    private static readonly TimeSpan DropDelay = TimeSpan.FromMilliseconds(150);

    /// <summary>Sends the headers: from here on a failure can only be told inside the stream.</summary>
    public Task StartAsync()
    {
        IHeaderDictionary headers = context.Response.Headers;
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        headers.CacheControl = "no-cache";
        headers["X-Accel-Buffering"] = "no";
        return context.Response.Body.FlushAsync(context.RequestAborted);
    }

    /// <summary>Sends one JSON document, which holds no line break.</summary>
    public Task SendAsync(ReadOnlySpan<byte> json) => WriteAsync([.. "data: "u8, .. json, .. "\n\n"u8]);

    public Task PingAsync() => WriteAsync(": ping\n\n"u8.ToArray());

    /// <summary>The regular end.</summary>
    public Task DoneAsync() => WriteAsync("data: [DONE]\n\n"u8.ToArray());

    /// <summary>
    /// The end of a stream that failed: an error event, then the connection is dropped without <c>[DONE]</c>, because some clients
    /// read past the event and would take what came so far for the whole answer.
    /// </summary>
    public async Task FailAsync(ApiError error)
    {
        try
        {
            await SendAsync(JsonSerializer.SerializeToUtf8Bytes(ApiErrorBody.Of(error), GatewayJson.Readable.ApiErrorBody));
            await Task.Delay(DropDelay, context.RequestAborted);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The client has gone first.
        }

        context.Abort();
    }

    private async Task WriteAsync(byte[] bytes)
    {
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }
}

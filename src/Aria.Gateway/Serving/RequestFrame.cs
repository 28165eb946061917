using System.Diagnostics;
using System.Security.Cryptography;
using Aria.Gateway.Access;
using Aria.Gateway.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Aria.Gateway.Serving;

/// <summary>What surrounds every endpoint: the request's id, the access checks, and OpenAI's error document for whatever goes wrong (specs/gateway.md §1, §2, §5).</summary>
internal sealed partial class RequestFrame(LoopbackAccess access, ILogger<RequestFrame> logger, CancellationToken stopping)
{
    private const string RequestIdHeader = "x-request-id";
    private const int RequestIdBytes = 12;

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        long started = Stopwatch.GetTimestamp();
        string id = "req_" + RandomNumberGenerator.GetHexString(2 * RequestIdBytes, lowercase: true);
        context.TraceIdentifier = id;
        context.Response.Headers[RequestIdHeader] = id;
        ApiError? error = await RunAsync(context, next, id);
        if (error is not null)
        {
            await TellAsync(context, error);
        }

        double milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        LogAnswered(logger, id, context.Request.Method, context.Request.Path.Value, context.Response.StatusCode, error?.Code ?? "done", milliseconds);
    }

    private async Task<ApiError?> RunAsync(HttpContext context, RequestDelegate next, string id)
    {
        try
        {
            if (access.Check(context) is { } refusal)
            {
                return refusal;
            }

            if (LoopbackAccess.TryAnswerPreflight(context))
            {
                return null;
            }

            if (stopping.IsCancellationRequested)
            {
                return ApiError.Stopping();
            }

            await next(context);
            return context.Response.HasStarted ? null : OfRouting(context);
        }
        catch (RequestRefusedException e)
        {
            return e.Error;
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            return null;                                // nobody is there to be told
        }
        catch (OperationCanceledException)
        {
            return ApiError.Stopping();                 // the server, or the node behind it
        }
        catch (BadHttpRequestException e)
        {
            return ApiError.BadRequest(e.StatusCode, e.Message);
        }
        catch (Exception e)
        {
            LogFailed(logger, id, e);
            return ApiError.Internal(id);
        }
    }

    // Routing answers with a bare status when no endpoint fits.
    private static ApiError? OfRouting(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => ApiError.UnsupportedEndpoint(context.Request.Path),
        StatusCodes.Status405MethodNotAllowed => ApiError.MethodNotAllowed(context.Request.Method, context.Request.Path),
        _ => null,
    };

    private static async Task TellAsync(HttpContext context, ApiError error)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();                            // what was sent must not look whole
            return;
        }

        try
        {
            await ApiErrorBody.WriteAsync(context, error);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The client has gone first.
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{RequestId}: {Method} {Path} answered {Status} {Code} in {Milliseconds:0.0} ms")]
    private static partial void LogAnswered(ILogger logger, string requestId, string method, string? path, int status, string code, double milliseconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "{RequestId} failed")]
    private static partial void LogFailed(ILogger logger, string requestId, Exception exception);
}

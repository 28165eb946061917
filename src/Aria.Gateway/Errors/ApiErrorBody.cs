using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Aria.Gateway.Errors;

/// <summary>The JSON of an error.</summary>
internal sealed record ApiErrorBody(ApiErrorDetail Error)
{
    public static ApiErrorBody Of(ApiError error) => new(new ApiErrorDetail(error.Message, error.Type, error.Param, error.Code));

    /// <summary>Answers with <paramref name="error"/>; the response must not have started.</summary>
    public static Task WriteAsync(HttpContext context, ApiError error)
    {
        context.Response.StatusCode = error.Status;
        if (error.RetryAfterSeconds is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }
        else
        {
            // Some clients repeat 5xx by themselves unless told.
            context.Response.Headers["x-should-retry"] = "false";
        }

        return context.Response.WriteAsJsonAsync(Of(error), GatewayJson.Readable.ApiErrorBody, "application/json", context.RequestAborted);
    }
}

/// <summary>One error.</summary>
internal sealed record ApiErrorDetail(string Message, string Type, string? Param, string? Code);

using System.Buffers;
using System.IO.Pipelines;
using Aria.Gateway.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Aria.Gateway.Serving;

/// <summary>Reads a request's JSON whole, within bounds.</summary>
public static class RequestBody
{
    /// <summary>Longest body.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>The body's bytes, not yet looked at.</summary>
    /// <exception cref="RequestRefusedException">No <c>application/json</c> in UTF-8 without compression, or too long.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadJsonAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        if (!IsJson(request))
        {
            throw new RequestRefusedException(ApiError.UnsupportedMediaType());
        }

        if (request.ContentLength > MaxBytes)
        {
            throw new RequestRefusedException(ApiError.TooLarge(MaxBytes));
        }

        PipeReader reader = request.BodyReader;
        while (true)
        {
            ReadResult read = await reader.ReadAsync(context.RequestAborted);
            if (read.Buffer.Length > MaxBytes)
            {
                reader.AdvanceTo(read.Buffer.End);              // the server reads the rest away, so that the refusal arrives
                throw new RequestRefusedException(ApiError.TooLarge(MaxBytes));
            }

            if (read.IsCompleted)
            {
                byte[] body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static bool IsJson(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
        && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase))
        && request.Headers.ContentEncoding.Count == 0;
}

using System.Net;
using Aria.Gateway.Errors;
using Microsoft.AspNetCore.Http;

namespace Aria.Gateway.Access;

/// <summary>
/// Who may speak to a gateway on loopback. Requests must be addressed to a loopback name (else a foreign page could reach us by
/// rebinding its own name), and pages must come from loopback or from an origin that the owner allows.
/// </summary>
internal sealed class LoopbackAccess(IReadOnlyCollection<string> allowedOrigins)
{
    private const string ExposedHeaders = "x-request-id, x-aria-job, retry-after";

    /// <summary>The reason to refuse, if any; CORS headers are set on the way.</summary>
    public ApiError? Check(HttpContext context)
    {
        HostString host = context.Request.Host;
        if (host.HasValue && !IsLoopback(host.Host))
        {
            return ApiError.HostNotAllowed(host.Host);
        }

        string? origin = context.Request.Headers.Origin;
        if (origin is null)
        {
            return null;
        }

        if (!IsAllowed(origin))
        {
            return ApiError.OriginNotAllowed(origin);
        }

        IHeaderDictionary headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = origin;
        headers.AccessControlExposeHeaders = ExposedHeaders;
        headers.Vary = "Origin";
        return null;
    }

    /// <summary>Answers a preflight: it echoes the headers that were asked for, since clients add their own without end.</summary>
    public static bool TryAnswerPreflight(HttpContext context)
    {
        IHeaderDictionary asked = context.Request.Headers;
        if (!HttpMethods.IsOptions(context.Request.Method) || asked.AccessControlRequestMethod.Count == 0)
        {
            return false;
        }

        IHeaderDictionary headers = context.Response.Headers;
        headers.AccessControlAllowMethods = "GET, POST";
        headers.AccessControlAllowHeaders = asked.AccessControlRequestHeaders;
        headers.AccessControlMaxAge = "600";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return true;
    }

    private bool IsAllowed(string origin) =>
        allowedOrigins.Contains(origin)
        || (Uri.TryCreate(origin, UriKind.Absolute, out Uri? page) && page.Scheme is "http" or "https" && IsLoopback(page.Host));

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));
}

namespace Aria.Gateway.Errors;

/// <summary>One refusal as OpenAI's clients read it: an HTTP status and <c>{"error":{message,type,param,code}}</c> (specs/gateway.md §5).</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Type"><c>invalid_request_error</c> or <c>server_error</c>.</param>
/// <param name="Code">The stable word for programs.</param>
/// <param name="Message">What, where, and what to do.</param>
/// <param name="Param">The field at fault.</param>
/// <param name="RetryAfterSeconds">Set only where trying again can help: clients repeat 5xx, 429, 409 and 408 by themselves.</param>
public sealed record ApiError(int Status, string Type, string Code, string Message, string? Param = null, int? RetryAfterSeconds = null)
{
    private const string InvalidRequest = "invalid_request_error";
    private const string ServerError = "server_error";

    internal static ApiError InvalidJson(string message) => new(400, InvalidRequest, "invalid_json", message);

    internal static ApiError Missing(string param) => new(400, InvalidRequest, "missing_required_parameter", $"The field \"{param}\" is required.", param);

    internal static ApiError InvalidValue(string param, string expected) => new(400, InvalidRequest, "invalid_value", $"{param}: {expected}", param);

    internal static ApiError Unsupported(string param, string why) => new(400, InvalidRequest, "unsupported_parameter", $"{param}: {why}", param);

    internal static ApiError ContextLength(long needed, long available, int promptTokens, string param) => new(
        400,
        InvalidRequest,
        "context_length_exceeded",
        $"This model's context holds {available} tokens, but {needed} were asked for ({promptTokens} in the prompt, {needed - promptTokens} to generate). Shorten the prompt or ask for fewer tokens.",
        param);

    internal static ApiError ModelNotFound(string model) => new(404, InvalidRequest, "model_not_found", $"The model \"{model}\" is not served here. GET /v1/models lists those that are.", "model");

    internal static ApiError UnsupportedEndpoint(string path) => new(404, InvalidRequest, "unsupported_endpoint", $"{path} is not an endpoint of this server. It serves /v1/chat/completions, /v1/completions and /v1/models.");

    internal static ApiError NotFound(string message) => new(404, InvalidRequest, "not_found", message);

    internal static ApiError MethodNotAllowed(string method, string path) => new(405, InvalidRequest, "method_not_allowed", $"{path} does not take {method}.");

    internal static ApiError TooLarge(long maxBytes) => new(413, InvalidRequest, "request_too_large", $"A request body may have {maxBytes} bytes.");

    internal static ApiError UnsupportedMediaType() => new(415, InvalidRequest, "unsupported_media_type", "The body must be application/json.");

    internal static ApiError BadRequest(int status, string message) => new(status, InvalidRequest, "invalid_request", message);

    internal static ApiError HostNotAllowed(string host) => new(403, InvalidRequest, "host_not_allowed", $"This server answers under loopback names only, not as \"{host}\".");

    internal static ApiError OriginNotAllowed(string origin) => new(403, InvalidRequest, "origin_not_allowed", $"Pages of {origin} may not use this server.");

    internal static ApiError OwnerOnly() => new(401, InvalidRequest, "owner_only", "This needs the owner's token: it stands in the testnet's state file.");

    internal static ApiError QueueFull() => new(429, "rate_limit_exceeded", "queue_full", "As many requests run as this server takes. Try again soon.", RetryAfterSeconds: 1);

    internal static ApiError RecordRefused(string message) => new(400, InvalidRequest, "record_refused", message);

    internal static ApiError Timeout(string message) => new(504, ServerError, "timeout", message);

    internal static ApiError NoRoute(string message) => new(503, ServerError, "no_route", message, RetryAfterSeconds: 1);

    internal static ApiError PipelineFailed(string message) => new(503, ServerError, "pipeline_failed", message, RetryAfterSeconds: 1);

    internal static ApiError LedgerStopped(string message) => new(503, ServerError, "ledger_stopped", message);

    internal static ApiError Stopping() => new(503, ServerError, "server_stopping", "The server stops.");

    internal static ApiError Internal(string requestId) => new(500, ServerError, "internal_error", $"The server failed. Its log names request {requestId}.");
}

/// <summary>Ends the handling of a request with a refusal; thrown anywhere below an endpoint and answered around it.</summary>
public sealed class RequestRefusedException(ApiError error) : Exception(error.Message)
{
    /// <summary>What the client is told.</summary>
    public ApiError Error { get; } = error;
}

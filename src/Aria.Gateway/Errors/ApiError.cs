namespace Aria.Gateway.Errors;

/// <summary>One refusal as OpenAI's clients read it: an HTTP status and <c>{"error":{message,type,param,code}}</c> (specs/gateway.md §5).</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Type"><c>invalid_request_error</c> or <c>server_error</c>.</param>
/// <param name="Code">The stable word for programs.</param>
/// <param name="Message">What, where, and what to do.</param>
/// <param name="Param">The field at fault.</param>
/// <param name="RetryAfterSeconds">Set only where trying again can help: clients repeat 5xx, 429, 409 and 408 by themselves.</param>
internal sealed record ApiError(int Status, string Type, string Code, string Message, string? Param = null, int? RetryAfterSeconds = null)
{
    private const string InvalidRequest = "invalid_request_error";
    private const string ServerError = "server_error";

    public static ApiError InvalidJson(string message) => new(400, InvalidRequest, "invalid_json", message);

    public static ApiError Missing(string param) => new(400, InvalidRequest, "missing_required_parameter", $"The field \"{param}\" is required.", param);

    public static ApiError InvalidValue(string param, string expected) => new(400, InvalidRequest, "invalid_value", $"{param}: {expected}", param);

    public static ApiError Unsupported(string param, string why) => new(400, InvalidRequest, "unsupported_parameter", $"{param}: {why}", param);

    public static ApiError ContextLength(long needed, long available, int promptTokens) => new(
        400,
        InvalidRequest,
        "context_length_exceeded",
        $"This model's context holds {available} tokens, but {needed} were asked for ({promptTokens} in the prompt, {needed - promptTokens} to generate). Shorten the prompt or lower max_tokens.",
        "messages");

    public static ApiError ModelNotFound(string model) => new(404, InvalidRequest, "model_not_found", $"The model \"{model}\" is not served here. GET /v1/models lists those that are.", "model");

    public static ApiError UnsupportedEndpoint(string path) => new(404, InvalidRequest, "unsupported_endpoint", $"{path} is not an endpoint of this server. It serves /v1/chat/completions, /v1/completions and /v1/models.");

    public static ApiError NotFound(string message) => new(404, InvalidRequest, "not_found", message);

    public static ApiError MethodNotAllowed(string method, string path) => new(405, InvalidRequest, "method_not_allowed", $"{path} does not take {method}.");

    public static ApiError TooLarge(long maxBytes) => new(413, InvalidRequest, "request_too_large", $"A request body may have {maxBytes} bytes.");

    public static ApiError UnsupportedMediaType() => new(415, InvalidRequest, "unsupported_media_type", "The body must be application/json.");

    public static ApiError HostNotAllowed(string host) => new(403, InvalidRequest, "host_not_allowed", $"This server answers under loopback names only, not as \"{host}\".");

    public static ApiError OriginNotAllowed(string origin) => new(403, InvalidRequest, "origin_not_allowed", $"Pages of {origin} may not use this server.");

    public static ApiError OwnerOnly() => new(401, InvalidRequest, "owner_only", "This needs the owner's token: it stands in the testnet's state file.");

    public static ApiError QueueFull() => new(429, "rate_limit_exceeded", "queue_full", "As many requests run as this server takes. Try again soon.", RetryAfterSeconds: 1);

    public static ApiError NoRoute(string message) => new(503, ServerError, "no_route", message, RetryAfterSeconds: 1);

    public static ApiError Internal(string requestId) => new(500, ServerError, "internal_error", $"The server failed. Its log names request {requestId}.");
}

/// <summary>Ends the handling of a request with a refusal; thrown by the request parsers and answered at the endpoint.</summary>
internal sealed class RequestRefusedException(ApiError error) : Exception(error.Message)
{
    public ApiError Error { get; } = error;
}

using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Aria.Cli.Testnet;

namespace Aria.Cli.Client;

/// <summary>Speaks to a gateway over HTTP; every failure becomes a <see cref="CommandFailedException"/> with its exit status.</summary>
internal sealed class GatewayClient : IDisposable
{
    private readonly HttpClient _http;

    public GatewayClient(Uri url, string? ownerToken = null)
    {
        Url = url;
        _http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(15), UseProxy = !url.IsLoopback })
        {
            BaseAddress = url,
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        };
        if (ownerToken is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new("Bearer", ownerToken);
        }
    }

    public Uri Url { get; }

    public static GatewayClient Of(TestnetState state) => new(new Uri(state.Url), state.ControlToken);

    /// <summary>A document; null when the server answers 404.</summary>
    public Task<JsonDocument?> TryGetAsync(string path, CancellationToken cancellationToken) => TryAskAsync(HttpMethod.Get, path, null, cancellationToken);

    /// <summary>The document that answers a posted one; null when the server answers 404.</summary>
    public Task<JsonDocument?> TryPostAsync(string path, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        TryAskAsync(HttpMethod.Post, path, body, cancellationToken);

    /// <summary>Whether the gateway says that it can serve; false too when it does not answer.</summary>
    public async Task<bool> IsHealthyAsync(CancellationToken cancellationToken) => await UnhealthyReasonAsync(cancellationToken) is null;

    /// <summary>Why the gateway cannot serve, in its words or in ours when it does not answer; null when it can.</summary>
    public async Task<string?> UnhealthyReasonAsync(CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage response = await SendAsync(HttpMethod.Get, "/health", null, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                return null;
            }

            using JsonDocument document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
            return document.RootElement.TryGetProperty("reason", out JsonElement reason) && reason.GetString() is { } words ? words : "The gateway is not ready.";
        }
        catch (CommandFailedException e)
        {
            return e.Message;
        }
        catch (JsonException)
        {
            return "What answers at the gateway's address is no gateway.";
        }
    }

    /// <summary>The <c>data:</c> events of a streamed answer, up to <c>[DONE]</c>.</summary>
    /// <exception cref="CommandFailedException">The server refused, told of a failure, or broke off.</exception>
    public async IAsyncEnumerable<JsonElement> StreamAsync(string path, ReadOnlyMemory<byte> body, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const string Data = "data: ";
        using HttpResponseMessage response = await SendAsync(HttpMethod.Post, path, body, cancellationToken);
        await RequireSuccessAsync(response, cancellationToken);
        await foreach (string line in LinesAsync(response, cancellationToken))
        {
            if (line == "data: [DONE]")
            {
                yield break;
            }

            if (!line.StartsWith(Data, StringComparison.Ordinal))
            {
                continue;                                               // blank lines and comments
            }

            using JsonDocument document = JsonDocument.Parse(line.AsMemory(Data.Length));
            JsonElement root = document.RootElement;
            yield return root.TryGetProperty("error", out JsonElement error) ? throw Failure(error, null) : root.Clone();
        }

        throw BrokeOff();
    }

    /// <summary>One JSON document a line, as the testnet's switches answer.</summary>
    public async IAsyncEnumerable<JsonElement> LinesOfAsync(string path, ReadOnlyMemory<byte> body, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Post, path, body, cancellationToken);
        await RequireSuccessAsync(response, cancellationToken);
        await foreach (string line in LinesAsync(response, cancellationToken))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            yield return root.TryGetProperty("error", out JsonElement error) ? throw Failure(error, null) : root.Clone();
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The exit status that goes with an error code of the API.</summary>
    internal static int ExitCodeOf(string code, HttpStatusCode? status) => code switch
    {
        "no_route" or "ledger_stopped" or "context_length_exceeded" or "model_not_found" or "queue_full" or "not_in_plan" or "ended_before" or "unknown_node" or "node_running" or "not_running" or "start_failed" or "record_refused" => ExitCode.Precondition,
        "timeout" or "pipeline_timeout" => ExitCode.Timeout,
        "internal_error" => ExitCode.Bug,
        _ when status is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError => ExitCode.Usage,
        _ => ExitCode.Unreachable,
    };

    private async Task<JsonDocument?> TryAskAsync(HttpMethod method, string path, ReadOnlyMemory<byte>? request, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync(method, path, request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        await RequireSuccessAsync(response, cancellationToken);
        return await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(cancellationToken), default, cancellationToken);
    }

    private static async IAsyncEnumerable<string> LinesAsync(HttpResponseMessage response, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync(cancellationToken), Encoding.UTF8);
        while (true)
        {
            string? line;
            try
            {
                line = await reader.ReadLineAsync(cancellationToken);
            }
            catch (Exception e) when (e is IOException or HttpRequestException)
            {
                throw BrokeOff(e);
            }

            if (line is null)
            {
                yield break;
            }

            yield return line;
        }
    }

    private static CommandFailedException BrokeOff(Exception? cause = null) =>
        new(ExitCode.Unreachable, "broken_off", "The answer broke off: the gateway stopped or lost its way.", "aria testnet status", cause);

    private static async Task RequireSuccessAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        string text = await response.Content.ReadAsStringAsync(cancellationToken);
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            throw Failure(document.RootElement.GetProperty("error"), response.StatusCode);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw CommandFailedException.Unreachable($"The server answered {(int)response.StatusCode} without a reason: it may be no ARIA gateway.");
        }
    }

    private static CommandFailedException Failure(JsonElement error, HttpStatusCode? status)
    {
        string code = error.GetProperty("code").GetString() ?? "unknown";
        return new(ExitCodeOf(code, status), code, error.GetProperty("message").GetString() ?? code, NextFor(code));
    }

    private static string? NextFor(string code) => code switch
    {
        "no_route" => "aria testnet status",
        "model_not_found" => "aria models list",
        "ledger_stopped" => "make room on the disk, then aria testnet down and up again",
        _ => null,
    };

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, ReadOnlyMemory<byte>? body, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(method, path);
        if (body is { } bytes)
        {
            request.Content = new ReadOnlyMemoryContent(bytes);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new CommandFailedException(ExitCode.Unreachable, "unreachable", $"No gateway answers at {Url}: {e.Message}", "aria testnet status", e);
        }
    }
}

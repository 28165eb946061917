using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Aria.Gateway.Access;
using Aria.Gateway.Errors;
using Aria.Gateway.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Gateway.Tests;

/// <summary>The server around the endpoints, over real sockets.</summary>
public sealed class GatewayServerTests
{
    private static readonly GatewayOptions AnyPort = new() { Port = 0, Owner = new("secret") };

    [Fact]
    public async Task PortZero_IsChosenBySystem_AndServes()
    {
        await using GatewayServer server = await StartAsync(AnyPort);
        Assert.Equal("127.0.0.1", server.Url.Host);
        Assert.NotEqual(0, server.Url.Port);
        using HttpClient client = new() { BaseAddress = server.Url };
        using HttpResponseMessage response = await client.GetAsync("/echo", Cancel);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.StartsWith("req_", Assert.Single(response.Headers.GetValues("x-request-id")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TakenPort_IsToldByType()
    {
        await using GatewayServer first = await StartAsync(AnyPort);
        PortTakenException taken = await Assert.ThrowsAsync<PortTakenException>(() => StartAsync(AnyPort with { Port = first.Url.Port }));
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, first.Url.Port), taken.EndPoint);
        Assert.Contains($"127.0.0.1:{first.Url.Port}", taken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Port_IsFreeAfterStop()
    {
        while (true)
        {
            GatewayServer first = await StartAsync(AnyPort);
            int port = first.Url.Port;
            await first.StopAsync(Cancel);
            await first.DisposeAsync();
            try
            {
                await using GatewayServer second = await StartAsync(AnyPort with { Port = port });
                Assert.Equal(port, second.Url.Port);
                return;
            }
            catch (PortTakenException)
            {
                // Another program was given it in between, or one that another test is just starting holds it for a moment: once more, at another port.
                await Task.Delay(20, Cancel);
            }
        }
    }

    [Theory]
    [InlineData("GET", "/v1/embeddings", 404, "unsupported_endpoint")]
    [InlineData("GET", "/", 404, "unsupported_endpoint")]
    [InlineData("POST", "/echo", 405, "method_not_allowed")]
    [InlineData("GET", "/boom", 500, "internal_error")]
    [InlineData("GET", "/refuse", 409, "node_running")]
    public async Task EveryFailure_IsOpenAisDocument(string method, string path, int status, string code)
    {
        await using GatewayServer server = await StartAsync(AnyPort);
        using HttpClient client = new() { BaseAddress = server.Url };
        using HttpRequestMessage request = new(new HttpMethod(method), path);
        using HttpResponseMessage response = await client.SendAsync(request, Cancel);
        JsonElement error = await ErrorOf(response, status);
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.Equal("false", Assert.Single(response.Headers.GetValues("x-should-retry")));
    }

    [Fact]
    public async Task InternalError_NamesTheRequest()
    {
        await using GatewayServer server = await StartAsync(AnyPort);
        using HttpClient client = new() { BaseAddress = server.Url };
        using HttpResponseMessage response = await client.GetAsync("/boom", Cancel);
        JsonElement error = await ErrorOf(response, 500);
        Assert.Contains(Assert.Single(response.Headers.GetValues("x-request-id")), error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("inner secret", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ForeignHostAndOrigin_AreRefused()
    {
        await using GatewayServer server = await StartAsync(AnyPort);
        using HttpClient client = new() { BaseAddress = server.Url };
        using HttpRequestMessage rebound = new(HttpMethod.Get, "/echo") { Headers = { Host = "evil.example" } };
        Assert.Equal("host_not_allowed", (await ErrorOf(await client.SendAsync(rebound, Cancel), 403)).GetProperty("code").GetString());
        using HttpRequestMessage foreign = new(HttpMethod.Get, "/echo") { Headers = { { "Origin", "https://evil.example" } } };
        Assert.Equal("origin_not_allowed", (await ErrorOf(await client.SendAsync(foreign, Cancel), 403)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task PageOnLoopback_MayCall()
    {
        await using GatewayServer server = await StartAsync(AnyPort);
        using HttpClient client = new() { BaseAddress = server.Url };
        using HttpRequestMessage preflight = new(HttpMethod.Options, "/echo")
        {
            Headers = { { "Origin", "http://localhost:3000" }, { "Access-Control-Request-Method", "POST" }, { "Access-Control-Request-Headers", "x-stainless-os" } },
        };
        using HttpResponseMessage response = await client.SendAsync(preflight, Cancel);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal("http://localhost:3000", Assert.Single(response.Headers.GetValues("Access-Control-Allow-Origin")));
        Assert.Equal("x-stainless-os", Assert.Single(response.Headers.GetValues("Access-Control-Allow-Headers")));
    }

    [Fact]
    public async Task OwnersEndpoint_WantsTheToken()
    {
        await using GatewayServer server = await StartAsync(AnyPort);
        using HttpClient client = new() { BaseAddress = server.Url };
        Assert.Equal("owner_only", (await ErrorOf(await client.GetAsync("/owner", Cancel), 401)).GetProperty("code").GetString());
        client.DefaultRequestHeaders.Authorization = new("Bearer", "secret");
        Assert.Equal("for you", await client.GetStringAsync("/owner", Cancel));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData(null)]
    public async Task OtherMediaTypes_AreRefused(string? type)
    {
        await using GatewayServer server = await StartAsync(AnyPort);
        using HttpClient client = new() { BaseAddress = server.Url };
        using ByteArrayContent body = new("{}"u8.ToArray());
        body.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        Assert.Equal("unsupported_media_type", (await ErrorOf(await client.PostAsync("/length", body, Cancel), 415)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task CompressedBodies_AreRefused()
    {
        await using GatewayServer server = await StartAsync(AnyPort);
        using HttpClient client = new() { BaseAddress = server.Url };
        using StringContent body = new("{}", Encoding.UTF8, "application/json");
        body.Headers.ContentEncoding.Add("gzip");
        Assert.Equal("unsupported_media_type", (await ErrorOf(await client.PostAsync("/length", body, Cancel), 415)).GetProperty("code").GetString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BodyOfAMebibyte_IsRead_AndOneByteMoreIsRefused(bool chunked)
    {
        await using GatewayServer server = await StartAsync(AnyPort);
        using HttpClient client = new() { BaseAddress = server.Url };
        async Task<HttpResponseMessage> Post(int bytes)
        {
            using HttpRequestMessage request = new(HttpMethod.Post, "/length") { Content = new ByteArrayContent(new byte[bytes]) };
            request.Content.Headers.ContentType = new("application/json");
            request.Headers.TransferEncodingChunked = chunked;
            return await client.SendAsync(request, Cancel);
        }

        using HttpResponseMessage fits = await Post(RequestBody.MaxBytes);
        Assert.Equal("1048576", await fits.Content.ReadAsStringAsync(Cancel));
        using HttpResponseMessage exceeds = await Post(RequestBody.MaxBytes + 1);
        Assert.Equal("request_too_large", (await ErrorOf(exceeds, 413)).GetProperty("code").GetString());
        using HttpResponseMessage far = await Post(8 * RequestBody.MaxBytes);
        Assert.Equal("request_too_large", (await ErrorOf(far, 413)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Stop_LetsRunningRequestsFinish()
    {
        TaskCompletionSource entered = new(), release = new();
        GatewayServer server = await StartAsync(AnyPort with { DrainTimeout = TimeSpan.FromMinutes(1) }, (endpoints, stopping) => endpoints.MapGet("/hold", async context =>
        {
            entered.SetResult();
            await release.Task.WaitAsync(stopping);
            await context.Response.WriteAsync("whole", context.RequestAborted);
        }));
        using HttpClient client = new() { BaseAddress = server.Url };
        Task<string> answer = client.GetStringAsync("/hold", Cancel);
        await entered.Task;
        Task stop = server.StopAsync(Cancel);
        release.SetResult();
        Assert.Equal("whole", await answer);
        await stop;
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Stop_EndsRequestsThatDoNotFinish_WithARefusal()
    {
        TaskCompletionSource entered = new();
        GatewayServer server = await StartAsync(AnyPort with { DrainTimeout = TimeSpan.Zero }, (endpoints, stopping) => endpoints.MapGet("/hold", async context =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.Infinite, stopping);
        }));
        using HttpClient client = new() { BaseAddress = server.Url };
        Task<HttpResponseMessage> answer = client.GetAsync("/hold", Cancel);
        await entered.Task;
        await server.StopAsync(Cancel);
        Assert.Equal("server_stopping", (await ErrorOf(await answer, 503)).GetProperty("code").GetString());
        await server.DisposeAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("/hold", Cancel));
    }

    [Fact]
    public async Task ClientThatLeaves_EndsItsRequest()
    {
        TaskCompletionSource entered = new(), ended = new();
        await using GatewayServer server = await StartAsync(AnyPort, (endpoints, _) => endpoints.MapGet("/hold", async context =>
        {
            entered.SetResult();
            using CancellationTokenRegistration left = context.RequestAborted.Register(ended.SetResult);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }));
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, server.Url.Port, Cancel);
        await client.GetStream().WriteAsync("GET /hold HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), Cancel);
        await entered.Task;
        client.Close();
        await ended.Task.WaitAsync(Cancel);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Task<GatewayServer> StartAsync(GatewayOptions options, Action<IEndpointRouteBuilder, CancellationToken>? map = null) => GatewayServer.StartAsync(
        map ?? ((endpoints, _) =>
        {
            endpoints.MapGet("/echo", context => context.Response.WriteAsync("hello"));
            endpoints.MapGet("/boom", _ => throw new InvalidDataException("inner secret"));
            endpoints.MapGet("/refuse", _ => throw new RequestRefusedException(new ApiError(409, "invalid_request_error", "node_running", "n1 runs.")));
            endpoints.MapPost("/length", async context => await context.Response.WriteAsync((await RequestBody.ReadJsonAsync(context)).Length.ToString(System.Globalization.CultureInfo.InvariantCulture)));
            endpoints.MapGet("/owner", context =>
            {
                options.Owner.Require(context.Request);
                return context.Response.WriteAsync("for you");
            });
        }),
        options,
        NullLoggerFactory.Instance,
        Cancel);

    private static async Task<JsonElement> ErrorOf(HttpResponseMessage response, int status)
    {
        string text = await response.Content.ReadAsStringAsync(Cancel);
        Assert.True(status == (int)response.StatusCode, $"{(int)response.StatusCode}: {text}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.True(response.Headers.Contains("x-request-id"));
        JsonElement error = JsonDocument.Parse(text).RootElement.GetProperty("error");
        Assert.Equal(["message", "type", "param", "code"], error.EnumerateObject().Select(property => property.Name));
        Assert.NotEqual("", error.GetProperty("message").GetString());
        return error;
    }
}

using System.Net.Sockets;
using Aria.Gateway.Access;
using Aria.Gateway.Endpoints;
using Aria.Gateway.Generation;
using Aria.Gateway.Models;
using Aria.Gateway.Serving;
using Aria.Node;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aria.Gateway;

/// <summary>The HTTP server of a node on loopback (specs/gateway.md).</summary>
public sealed class GatewayServer : IAsyncDisposable
{
    /// <summary>Connections at the same time; further ones are closed at once.</summary>
    public const int MaxConnections = 1024;

    /// <summary>What a request may take to end when it is told to; then its connection is cut.</summary>
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(5);

    private readonly WebApplication _application;
    private readonly CancellationTokenSource _stopping;
    private readonly TimeSpan _drain;
    private int _stopped;

    private GatewayServer(WebApplication application, CancellationTokenSource stopping, TimeSpan drain)
    {
        (_application, _stopping, _drain) = (application, stopping, drain);
        string address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Url = new Uri(address);
    }

    /// <summary>Such as <c>http://127.0.0.1:7420/</c>.</summary>
    public Uri Url { get; }

    /// <summary>Serves a node's models and what it knows of its network.</summary>
    /// <param name="node">Must outlive the server; it is not owned.</param>
    /// <param name="options">Where, and for whom.</param>
    /// <param name="time">For creation times and pings.</param>
    /// <param name="loggers">Where the server logs.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="PortTakenException">Somebody else listens on the port.</exception>
    /// <exception cref="PortRefusedException">The system does not let this user listen there.</exception>
    public static Task<GatewayServer> StartAsync(AriaNode node, GatewayOptions options, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken) =>
        StartAsync(
            (routes, stopping) =>
            {
                ModelCatalog models = new([.. node.Models.Select(model => model.File)], model => node.Directory.SwarmFor(model.Id, model.Shape.Layers, node.Id), time.GetUtcNow());
                GenerationCount count = new();
                new GenerationEndpoints(models, node.Generator.GenerateAsync, count, time, loggers.CreateLogger<GatewayServer>(), stopping).Map(routes);
                new NetworkEndpoints(node, models, count, options.Owner).Map(routes);
                new DhtEndpoints(node.Dht, time, options.Owner).Map(routes);
            },
            options,
            loggers,
            cancellationToken);

    /// <summary>Serves the given endpoints.</summary>
    /// <param name="map">Adds the endpoints; the token says that the server stops and generations shall end.</param>
    /// <param name="options">Where, and for whom.</param>
    /// <param name="loggers">Where the server logs.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="PortTakenException">Somebody else listens on the port.</exception>
    /// <exception cref="PortRefusedException">The system does not let this user listen there.</exception>
    internal static async Task<GatewayServer> StartAsync(
        Action<IEndpointRouteBuilder, CancellationToken> map, GatewayOptions options, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        CancellationTokenSource stopping = new();
        WebApplication application = Build(map, options, loggers, stopping.Token);
        try
        {
            await application.StartAsync(cancellationToken);
            return new(application, stopping, options.DrainTimeout);
        }
        catch (Exception e)
        {
            await application.DisposeAsync();
            stopping.Dispose();
            if (e is IOException { InnerException: AddressInUseException })
            {
                throw new PortTakenException(options.EndPoint, e);
            }

            if (e is SocketException refused)
            {
                throw new PortRefusedException(options.EndPoint, $"{options.EndPoint} cannot be listened on: {refused.Message}.", e);
            }

            throw;
        }
    }

    /// <summary>
    /// Takes no more requests, lets the running ones finish for a while, then ends them: streams with an error event, others with
    /// a refusal. Returns when all have ended, and cuts off those that do not end in time or when <paramref name="cancellationToken"/> says so.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
        {
            return;
        }

        _stopping.CancelAfter(_drain);
        using CancellationTokenSource abandon = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        abandon.CancelAfter(_drain + EndTimeout);
        await _application.StopAsync(abandon.Token);
    }

    /// <summary>Stops, as <see cref="StopAsync"/> does.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _application.DisposeAsync();
        _stopping.Dispose();
    }

    private static WebApplication Build(Action<IEndpointRouteBuilder, CancellationToken> map, GatewayOptions options, ILoggerFactory loggers, CancellationToken stopping)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Limits.MaxRequestBodySize = null;                   // RequestBody counts, and the rest is read away so that the refusal arrives
            kestrel.Listen(options.EndPoint, listen => listen.Protocols = HttpProtocols.Http1);
        });
        QuietLoggers quiet = new(loggers);
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<ILoggerFactory>(quiet);
        builder.Services.AddSingleton<IHostLifetime, OwnLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);

        WebApplication application = builder.Build();
        RequestFrame frame = new(new LoopbackAccess(options.AllowedOrigins), quiet.CreateLogger<RequestFrame>(), stopping);
        application.Use(next => context => frame.InvokeAsync(context, next));
        application.UseRouting();
        map(application, stopping);
        options.MoreEndpoints?.Invoke(application);
        return application;
    }
}

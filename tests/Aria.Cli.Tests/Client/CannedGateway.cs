using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.AspNetCore.Hosting.Server;

namespace Aria.Cli.Tests.Client;

/// <summary>A web server on a free port that answers every request in one way, and keeps the last body it was sent.</summary>
internal sealed class CannedGateway : IAsyncDisposable
{
    private readonly WebApplication _app;

    private CannedGateway(WebApplication app) => _app = app;

    public string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public string LastBody { get; private set; } = "";

    public static async Task<CannedGateway> StartAsync(Func<HttpContext, Task> answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        CannedGateway gateway = new(app);
        app.Run(async context =>
        {
            using StreamReader reader = new(context.Request.Body);
            gateway.LastBody = await reader.ReadToEndAsync();
            await answer(context);
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return gateway;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

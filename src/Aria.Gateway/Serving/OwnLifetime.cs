using Microsoft.Extensions.Hosting;

namespace Aria.Gateway.Serving;

/// <summary>The server stops when its owner says so; signals belong to the program.</summary>
internal sealed class OwnLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

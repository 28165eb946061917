using System.Net;
using Aria.Gateway.Access;
using Microsoft.AspNetCore.Routing;

namespace Aria.Gateway;

/// <summary>How a gateway serves.</summary>
public sealed record GatewayOptions
{
    /// <summary>The port of a gateway that was told none.</summary>
    public const int DefaultPort = 7420;

    /// <summary>Port on 127.0.0.1; 0 lets the system choose.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>Opens what is private to the owner (specs/gateway.md §2).</summary>
    public required OwnerToken Owner { get; init; }

    /// <summary>Origins, such as <c>https://chat.example</c>, whose pages may call besides loopback's.</summary>
    public IReadOnlyCollection<string> AllowedOrigins { get; init; } = [];

    /// <summary>How long running requests may go on after the server was told to stop.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Adds endpoints beside the gateway's own. They run behind the same access checks; one that throws
    /// <see cref="Errors.RequestRefusedException"/> is answered with its error.
    /// </summary>
    public Action<IEndpointRouteBuilder>? MoreEndpoints { get; init; }

    internal IPEndPoint EndPoint => new(IPAddress.Loopback, Port);
}

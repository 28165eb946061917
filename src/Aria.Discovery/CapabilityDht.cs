using System.Collections.Immutable;
using Aria.Libp2p.KadDht;

namespace Aria.Discovery;

/// <summary>ARIA's hash table: its protocol id, namespace and times (specs/discovery.md §1).</summary>
public static class CapabilityDht
{
    /// <summary>The protocol id.</summary>
    public const string Protocol = "/aria/kad/1.0.0";

    /// <summary>The namespace of capability records: the first word of their keys.</summary>
    public const string Namespace = "aria";

    /// <summary>Options for a node of the network; change them with <c>with</c>.</summary>
    public static KadOptions Options(bool isServer) => new()
    {
        Protocol = Protocol,
        IsServer = isServer,
        Validators = ImmutableDictionary<string, IRecordValidator>.Empty.Add(Namespace, new CapabilityValidator()),
        ProvidersInRegion = true,
        ProviderLifetime = TimeSpan.FromMinutes(15),    // announced with every record, so once a minute
        ProvideInterval = TimeSpan.FromMinutes(10),
    };
}

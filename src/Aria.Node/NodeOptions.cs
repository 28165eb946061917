using System.Collections.Immutable;
using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Libp2p;
using Aria.Libp2p.Transports;
using Aria.Node.Generation;
using Aria.Pipeline;

namespace Aria.Node;

/// <summary>What makes a node this node: identity, place, model and bounds. A node knows bootstrap addresses and no topology.</summary>
public sealed record NodeOptions
{
    /// <summary>The network's id: 1 to 64 ASCII letters, digits, dots, hyphens and underscores.</summary>
    public required string Network { get; init; }

    /// <summary>The identity's RFC 8032 seed, 32 bytes.</summary>
    public required ReadOnlyMemory<byte> IdentitySeed { get; init; }

    /// <summary>The node's own folder: ledger, head, traces, openings; made if it is not there.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Where to listen; port 0 lets the system choose.</summary>
    public ImmutableArray<Multiaddress> Listen { get; init; } = [];

    /// <summary>Addresses with <c>/p2p</c> to dial first.</summary>
    public ImmutableArray<Multiaddress> Bootstrap { get; init; } = [];

    /// <summary>Name or path of the model; null for a node that has none.</summary>
    public string? Model { get; init; }

    /// <summary>The model, opened already, in place of <see cref="Model"/>; it stays the caller's.</summary>
    public ModelFile? OpenedModel { get; init; }

    /// <summary>What is served of the model; null serves nothing, as a gateway's node does.</summary>
    public StageSpan? Span { get; init; }

    /// <summary>Compute threads.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>The kernels.</summary>
    public KernelPath Kernels { get; init; } = KernelPath.Auto;

    /// <summary>Positions for which there is room in key-value caches, over all sessions; no session has more.</summary>
    public int KvPositions { get; init; } = 16 * 1024;

    /// <summary>Memory in bytes that the model may take; this machine's when null (<see cref="MachineMemory.AvailableBytes"/>).</summary>
    public long? AvailableMemoryBytes { get; init; }

    /// <summary>Sessions that hold a key-value cache at once.</summary>
    public int MaxSessions { get; init; } = 16;

    /// <summary>The software, name/version, at most 64 bytes: for peers and for the log's first entry.</summary>
    public string Software { get; init; } = "aria/0.1.0";

    /// <summary>The processor package's thermal design power, by which energy is estimated where no counters can be read; null claims nothing.</summary>
    public double? EnergyTdpWatts { get; init; }

    /// <summary>The bounds of this node's own generations.</summary>
    public GenerationOptions Generation { get; init; } = new();

    /// <summary>Timeouts and windows of its pipelines.</summary>
    public PipelineGatewayOptions Pipeline { get; init; } = new();

    /// <summary>Bytes of traces kept; the oldest are removed beyond them.</summary>
    public long MaxTraceBytes { get; init; } = 256L << 20;

    /// <summary>Openings kept; the oldest are removed beyond them.</summary>
    public int MaxOpenings { get; init; } = 10_000;

    /// <summary>The transports; TCP when null.</summary>
    public IReadOnlyList<ITransport>? Transports { get; init; }

    /// <summary>Relays, NATs, private networks, nodes on the same link.</summary>
    public ReachOptions Reach { get; init; } = new();
}

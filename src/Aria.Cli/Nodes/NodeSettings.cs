using System.Collections.Immutable;
using Aria.Engine.Execution;
using Aria.Libp2p;
using Aria.Node;

namespace Aria.Cli.Nodes;

/// <summary>A node as its flags describe it.</summary>
internal sealed record NodeSettings(
    string Name,
    ImmutableArray<Multiaddress> Listen,
    ImmutableArray<Multiaddress> Bootstrap,
    string Network,
    string Model,
    ServedLayers Layers,
    bool? Embedding,
    bool? Head,
    int Threads,
    KernelPath Kernels,
    byte[] IdentitySeed,
    string Data,
    double? TdpWatts = null,
    ReachOptions? Reach = null,
    int? KvPositions = null);

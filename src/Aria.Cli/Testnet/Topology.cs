using System.Collections.Immutable;

namespace Aria.Cli.Testnet;

/// <summary>What a testnet should be; read from a file, then overridden by flags (specs/testnet.md §1).</summary>
internal sealed record Topology
{
    /// <summary>Most nodes of one testnet.</summary>
    public const int MaxNodes = 64;

    public const string DefaultModel = "aria-tiny";

    public string Model { get; init; } = DefaultModel;

    /// <summary>Any text; the identities of nodes and gateway derive from it.</summary>
    public string Seed { get; init; } = "42";

    /// <summary>The HTTP port; 0 lets the system choose.</summary>
    public int Port { get; init; } = 7420;

    /// <summary>The first node's peer port, the following nodes' follow it, the gateway's comes last; 0 lets the system choose each.</summary>
    public int PeerPort { get; init; } = 7421;

    /// <summary>Compute threads of a node that does not say otherwise.</summary>
    public int Threads { get; init; } = 1;

    public NodeLayout Layout { get; init; } = new NodeLayout.Even(4, 2);
}

/// <summary>Which node holds which part of the model.</summary>
internal abstract record NodeLayout
{
    private NodeLayout()
    {
    }

    /// <summary><paramref name="Nodes"/> / <paramref name="Replicas"/> disjoint spans of near-equal size, each held by consecutive nodes.</summary>
    public sealed record Even(int Nodes, int Replicas) : NodeLayout
    {
        /// <summary>The layout for a node count alone: two replicas where that leaves at least two spans, else one.</summary>
        public static Even For(int nodes) => new(nodes, nodes >= 4 && nodes % 2 == 0 ? 2 : 1);
    }

    /// <summary>Node by node.</summary>
    public sealed record Listed(ImmutableArray<TopologyNode> Nodes) : NodeLayout;
}

/// <summary>One node of a listed layout. Nothing in <paramref name="Layers"/> means all; the embedding and head follow the layers unless given.</summary>
internal sealed record TopologyNode(string Name, LayerRange? Layers, bool? Embedding, bool? Head, int? Threads);

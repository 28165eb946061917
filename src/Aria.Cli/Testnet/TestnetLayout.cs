using System.Collections.Immutable;

namespace Aria.Cli.Testnet;

/// <summary>A topology laid over a model: which process serves what, on which port.</summary>
internal sealed record TestnetLayout(ImmutableArray<TestnetNode> Nodes, int GatewayPeerPort)
{
    /// <param name="topology">What is wanted.</param>
    /// <param name="layers">Layers of the model.</param>
    /// <exception cref="TopologyException">The nodes do not divide, a span leaves the model, or a unit is held by nobody.</exception>
    public static TestnetLayout Of(Topology topology, int layers)
    {
        ImmutableArray<TestnetNode> nodes = topology.Layout switch
        {
            NodeLayout.Even even => Spread(even, layers, topology),
            NodeLayout.Listed listed => [.. listed.Nodes.Select((node, index) => Place(node, index, layers, topology))],
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        RequireCover(nodes, layers);
        int gatewayPort = PortOf(nodes.Length, topology);
        return new(nodes, gatewayPort);
    }

    /// <summary>How many nodes hold each layer.</summary>
    public ImmutableArray<int> HoldersOf(int layers) => [.. Enumerable.Range(0, layers).Select(layer => Nodes.Count(node => node.Span.Layers.Contains(layer)))];

    private static ImmutableArray<TestnetNode> Spread(NodeLayout.Even layout, int layers, Topology topology)
    {
        (int nodes, int replicas) = layout;
        if (nodes < 1 || nodes > Topology.MaxNodes)
        {
            throw new TopologyException($"A testnet has 1 to {Topology.MaxNodes} nodes, not {nodes}.");
        }

        if (replicas < 1 || nodes % replicas != 0)
        {
            throw new TopologyException($"{nodes} nodes do not divide into groups of {replicas} replicas.");
        }

        int spans = nodes / replicas;
        if (spans > layers)
        {
            throw new TopologyException($"{topology.Model} has {layers} layers: they cannot be cut into {spans} spans.");
        }

        return [.. Enumerable.Range(0, nodes).Select(index =>
        {
            int span = index / replicas;
            LayerRange range = LayerRange.Of(span * layers / spans, (span + 1) * layers / spans);
            return new TestnetNode($"n{index + 1}", SpanOf(range, null, null, layers), PortOf(index, topology), topology.Threads);
        })];
    }

    private static TestnetNode Place(TopologyNode node, int index, int layers, Topology topology)
    {
        LayerRange range = node.Layers ?? LayerRange.Of(0, layers);
        return range.End <= layers
            ? new(node.Name, SpanOf(range, node.Embedding, node.Head, layers), PortOf(index, topology), node.Threads ?? topology.Threads)
            : throw new TopologyException($"{node.Name}: layers {range.Start}-{range.End}, but {topology.Model} has only {layers}.");
    }

    /// <summary>A range with the units that go with it: the embedding with layer 0, the head with the last layer.</summary>
    public static StageSpan SpanOf(LayerRange range, bool? embedding, bool? head, int layers) =>
        new(embedding ?? (range.Start == 0 && !range.IsEmpty), range, head ?? (range.End == layers && !range.IsEmpty));

    private static void RequireCover(ImmutableArray<TestnetNode> nodes, int layers)
    {
        List<string> missing = [.. Enumerable.Range(0, layers).Where(layer => !nodes.Any(node => node.Span.Layers.Contains(layer))).Select(layer => $"layer {layer}")];
        // Boundary 0 is token ids: whoever runs layer 0 also embeds.
        if (!nodes.Any(node => node.Span.Embedding && node.Span.Layers.Contains(0)))
        {
            missing.Insert(0, "the embedding together with layer 0");
        }

        if (!nodes.Any(node => node.Span.Head))
        {
            missing.Add("the head");
        }

        if (missing.Count > 0)
        {
            throw new TopologyException($"No node holds {string.Join(", ", missing)}.");
        }
    }

    private static int PortOf(int index, Topology topology) => topology.PeerPort == 0 ? 0
        : topology.PeerPort + index == topology.Port ? throw new TopologyException($"Port {topology.Port} is asked for twice: for HTTP, and as peer_port {topology.PeerPort} + {index}.")
        : topology.PeerPort + index <= 65535 ? topology.PeerPort + index
        : throw new TopologyException($"peer_port {topology.PeerPort} leaves no ports for the nodes after {index}.");
}

/// <summary>One process to start.</summary>
/// <param name="Name">Unique in the testnet.</param>
/// <param name="Span">What it serves.</param>
/// <param name="Port">Where it listens for peers; 0 lets the system choose.</param>
/// <param name="Threads">Compute threads.</param>
internal sealed record TestnetNode(string Name, StageSpan Span, int Port, int Threads)
{
    /// <summary>How a person would pass the layers to <c>aria node run</c>.</summary>
    public string LayersFlag => $"{Span.Layers.Start}-{Span.Layers.End}";
}

using System.Collections.Immutable;

namespace Aria.Discovery;

/// <summary>What a directory knew at one moment; never changes.</summary>
/// <param name="Nodes">In the order of their ids.</param>
/// <param name="Taken">The moment.</param>
public sealed record DirectorySnapshot(ImmutableArray<KnownNode> Nodes, DateTimeOffset Taken)
{
    /// <summary>What is known of a node, or null.</summary>
    public KnownNode? Find(NodeId node) => Nodes.FirstOrDefault(known => known.Record.Node == node);
}

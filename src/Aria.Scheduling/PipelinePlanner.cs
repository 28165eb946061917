using System.Collections.Immutable;

namespace Aria.Scheduling;

/// <summary>
/// Finds the pipeline with the shortest decode step: Dijkstra over (layer boundary, served span), where a stage may begin and end
/// anywhere inside what a node serves. Exact, in whole microseconds, the same answer on every machine (specs/scheduling.md).
/// </summary>
public static class PipelinePlanner
{
    /// <summary>Plans for a request that will hold <paramref name="positionsNeeded"/> positions.</summary>
    /// <param name="swarm">Spans that do not lie within the model's layers are ignored.</param>
    /// <param name="excluded">Nodes that must not appear in the plan; none when null.</param>
    /// <param name="positionsNeeded">Spans with less KV room are ignored.</param>
    /// <exception cref="ArgumentOutOfRangeException">A model without layers, or a negative number of positions.</exception>
    public static PlanResult Plan(SwarmSnapshot swarm, IReadOnlySet<NodeId>? excluded, int positionsNeeded)
    {
        ArgumentNullException.ThrowIfNull(swarm);
        ArgumentOutOfRangeException.ThrowIfLessThan(swarm.Layers, 1, nameof(swarm));
        ArgumentOutOfRangeException.ThrowIfNegative(positionsNeeded);

        ImmutableArray<ServedSpan> usable =
        [
            .. swarm.Spans.Where(span => span.MaxPositions >= positionsNeeded
                && span.Span.Layers.End <= swarm.Layers
                && excluded?.Contains(span.Node) != true),
        ];
        ShortestPath search = new(swarm.Layers, swarm.Requester, usable, swarm.Links);
        return search.Run() is { } plan
            ? new PlanResult.Found(plan)
            : Coverage.Missing(swarm.Layers, usable, search.FurthestBoundary);
    }
}

using System.Collections.Immutable;

namespace Aria.Scheduling.Tests;

/// <summary>
/// The planner's specification as plain as can be: give every layer and the head to some span, in all ways, and keep the best.
/// Shares nothing with the planner but its types.
/// </summary>
internal static class Exhaustive
{
    public static IEnumerable<PipelinePlan> All(SwarmSnapshot swarm, IReadOnlySet<NodeId> excluded, int positionsNeeded)
    {
        int units = swarm.Layers + 1;   // the last unit is the head
        int[] choice = new int[units];
        while (swarm.Spans.Length > 0)
        {
            if (PlanOf(swarm, excluded, positionsNeeded, choice) is { } plan)
            {
                yield return plan;
            }

            int digit = 0;
            while (digit < units && ++choice[digit] == swarm.Spans.Length)
            {
                choice[digit++] = 0;
            }

            if (digit == units)
            {
                yield break;
            }
        }
    }

    public static PipelinePlan? Best(SwarmSnapshot swarm, IReadOnlySet<NodeId> excluded, int positionsNeeded) =>
        All(swarm, excluded, positionsNeeded)
            .OrderBy(plan => plan.Microseconds)
            .ThenBy(plan => plan.Stages.Length)
            .ThenBy(plan => string.Concat(plan.Stages.Select(stage => stage.Node)), StringComparer.Ordinal)
            .ThenBy(plan => string.Concat(plan.Stages.Select(stage => (char)stage.Span.Layers.Start)), StringComparer.Ordinal)
            .FirstOrDefault();

    private static PipelinePlan? PlanOf(SwarmSnapshot swarm, IReadOnlySet<NodeId> excluded, int positionsNeeded, int[] choice)
    {
        List<PlannedStage> stages = [];
        long cost = 0;
        for (int unit = 0; unit < choice.Length; unit++)
        {
            ServedSpan by = swarm.Spans[choice[unit]];
            bool head = unit == swarm.Layers;
            bool has = head ? by.Span.Head : by.Span.Layers.Start <= unit && unit < by.Span.Layers.End;
            bool embeds = unit > 0 || by.Span.Embedding;
            if (!has || !embeds || excluded.Contains(by.Node) || by.MaxPositions < positionsNeeded)
            {
                return null;
            }

            cost += head ? by.Cost.Head : by.Cost.PerLayer;
            if (unit > 0 && choice[unit] == choice[unit - 1])
            {
                StageSpan so = stages[^1].Span;
                stages[^1] = new(by.Node, head ? so with { Head = true } : so with { Layers = LayerRange.Of(so.Layers.Start, unit + 1) });
                continue;
            }

            NodeId from = unit == 0 ? swarm.Requester : stages[^1].Node;
            if (unit > 0 && from == by.Node)
            {
                return null;
            }

            cost += by.Cost.Overhead + swarm.Links.Between(from, by.Node);
            stages.Add(new(by.Node, new(unit == 0, head ? LayerRange.Of(unit, unit) : LayerRange.Of(unit, unit + 1), head)));
        }

        return new([.. stages], cost + swarm.Links.Between(stages[^1].Node, swarm.Requester));
    }
}

using System.Collections.Frozen;
using System.Collections.Immutable;
using CsCheck;

namespace Aria.Scheduling.Tests;

/// <summary>The planner against exhaustive search, and how its answer moves when the swarm does.</summary>
public class PlannerPropertyTests
{
    private const int Positions = 100;
    private static readonly FrozenSet<NodeId> None = [];

    private static long? Time(SwarmSnapshot swarm) =>
        (PipelinePlanner.Plan(swarm, null, Positions) as PlanResult.Found)?.Plan.Microseconds;

    [Fact]
    public void ThePlan_IsTheBestOfAll() =>
        Gen.Select(Swarms.Any, Gen.Int[1, 4].Select(Swarms.Node).Array[0, 1]).Sample(
            (swarm, excluded) =>
            {
                PipelinePlan? best = Exhaustive.Best(swarm, excluded.ToFrozenSet(), Positions);
                PlanResult result = PipelinePlanner.Plan(swarm, excluded.ToFrozenSet(), Positions);
                Assert.Equal(best, (result as PlanResult.Found)?.Plan);
                if (result is PlanResult.Uncovered uncovered)
                {
                    Assert.NotEmpty(uncovered.Missing);
                }
            },
            iter: 4_000);

    [Fact]
    public void OneMoreSpan_NeverWorsens() =>
        Swarms.Any.SelectMany(swarm => Swarms.AnySpan(swarm.Layers).Select(extra => (swarm, extra))).Sample(
            (swarm, extra) =>
            {
                long? before = Time(swarm);
                long? after = Time(swarm with { Spans = swarm.Spans.Add(extra) });
                Assert.True(before is null || after <= before, $"{before} became {after}");
            },
            iter: 4_000);

    [Fact]
    public void ASlowerLink_NeverImproves() =>
        Gen.Select(Swarms.Spread, Gen.Int[0, 19], Gen.Long[1, 500_000]).Sample(
            (swarm, which, slower) =>
            {
                Link[] links = [.. Swarms.Mesh(0, 1, 2, 3, 4).Select(link => link with { Microseconds = swarm.Links.Between(link.From, link.To) })];
                long? before = Time(swarm);
                links[which] = links[which] with { Microseconds = links[which].Microseconds + slower };
                Assert.True(!(Time(swarm with { Links = new(links) }) < before));
            },
            iter: 4_000);

    [Fact]
    public void AllTimesDoubled_DoubleTheAnswer() =>
        Swarms.Spread.Sample(
            swarm => Assert.Equal(
                Time(swarm) * 2,
                Time(swarm with
                {
                    Spans = [.. swarm.Spans.Select(s => s with { Cost = new(2 * s.Cost.Overhead, 2 * s.Cost.PerLayer, 2 * s.Cost.Head) })],
                    Links = new(Swarms.Mesh(0, 1, 2, 3, 4).Select(l => l with { Microseconds = 2 * swarm.Links.Between(l.From, l.To) })),
                })),
            iter: 2_000);

    [Fact]
    public void OtherIds_PermuteTheAnswer() =>
        Gen.Select(Swarms.Spread, Gen.Shuffle(new[] { 1, 2, 3, 4 })).Sample(
            (swarm, order) =>
            {
                NodeId Other(NodeId id) => id == Swarms.Requester ? id : Swarms.Node(order[id.Key.Span[0] - 1]);
                SwarmSnapshot renamed = swarm with
                {
                    Spans = [.. swarm.Spans.Select(s => s with { Node = Other(s.Node) })],
                    Links = new(Swarms.Mesh(0, 1, 2, 3, 4).Select(l =>
                        new Link(Other(l.From), Other(l.To), swarm.Links.Between(l.From, l.To)))),
                };
                Assert.Equal(Time(swarm), Time(renamed));
                if (Exhaustive.All(swarm, None, Positions).GroupBy(p => p.Microseconds).MinBy(g => g.Key)?.Distinct().Count() == 1)
                {
                    PipelinePlan plan = ((PlanResult.Found)PipelinePlanner.Plan(swarm, null, Positions)).Plan;
                    PipelinePlan expected = plan with { Stages = [.. plan.Stages.Select(s => s with { Node = Other(s.Node) })] };
                    Assert.Equal(expected, ((PlanResult.Found)PipelinePlanner.Plan(renamed, null, Positions)).Plan);
                }
            },
            iter: 1_000);

    [Fact]
    public void TheOrderOfSpans_ChangesNothing() =>
        Swarms.Any.SelectMany(swarm => Gen.Shuffle(swarm.Spans.ToArray()).Select(shuffled => (swarm, shuffled))).Sample(
            (swarm, shuffled) => Assert.Equal(
                PipelinePlanner.Plan(swarm, null, Positions),
                PipelinePlanner.Plan(swarm with { Spans = [.. shuffled] }, null, Positions)),
            iter: 4_000);

    [Fact]
    public void WithoutAPlansNode_TheNextPlanAvoidsIt_OrItsUnitsAreMissing() =>
        Swarms.Any.Sample(
            swarm =>
            {
                if (PipelinePlanner.Plan(swarm, null, Positions) is not PlanResult.Found(var plan))
                {
                    return;
                }

                foreach (NodeId lost in plan.Stages.Select(stage => stage.Node).Distinct())
                {
                    PlanResult again = PipelinePlanner.Plan(swarm, new HashSet<NodeId> { lost }, Positions);
                    if (again is PlanResult.Found(var next))
                    {
                        Assert.DoesNotContain(next.Stages, stage => stage.Node == lost);
                        Assert.True(next.Microseconds >= plan.Microseconds);
                    }
                }
            },
            iter: 2_000);
}

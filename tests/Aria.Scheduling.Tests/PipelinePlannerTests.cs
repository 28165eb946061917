using System.Collections.Frozen;
using System.Collections.Immutable;
using CsCheck;

namespace Aria.Scheduling.Tests;

public class PipelinePlannerTests
{
    private static readonly StepCost Quick = new(10, 10, 40);
    private static readonly StepCost Slow = new(10, 100, 400);

    private static PipelinePlan Found(SwarmSnapshot swarm, int positions = 100, params NodeId[] excluded) =>
        Assert.IsType<PlanResult.Found>(PipelinePlanner.Plan(swarm, excluded.ToFrozenSet(), positions)).Plan;

    private static PlanResult.Uncovered Uncovered(SwarmSnapshot swarm, int positions = 100, params NodeId[] excluded) =>
        Assert.IsType<PlanResult.Uncovered>(PipelinePlanner.Plan(swarm, excluded.ToFrozenSet(), positions));

    private static string Text(PipelinePlan plan) =>
        string.Join(' ', plan.Stages.Select(stage => $"{stage.Node.Key.Span[0]}:{stage.Span}"));

    [Fact]
    public void OneNodeThatFits_WinsAlone()
    {
        SwarmSnapshot swarm = Swarms.Of(
            8,
            [
                Swarms.Span(1, "0-4", Quick, embedding: true),
                Swarms.Span(2, "4-8", Quick, head: true),
                Swarms.Span(3, "0-8", Quick, embedding: true, head: true),
            ],
            Swarms.Mesh(5, 1, 2, 3));
        PipelinePlan plan = Found(swarm);
        Assert.Equal("3:E[0,8)H", Text(plan));
        Assert.Equal(5 + 10 + (8 * 10) + 40 + 5, plan.Microseconds);
    }

    [Fact]
    public void ASlowFirstLink_IsAvoided_ThoughEverythingBehindItIsFaster()
    {
        List<Link> links = Swarms.Mesh(10, 1, 2, 3).With(Swarms.Requester, Swarms.Node(1), 5_000);
        SwarmSnapshot swarm = Swarms.Of(
            4,
            [
                Swarms.Span(1, "0-2", Quick, embedding: true),
                Swarms.Span(2, "0-2", new(10, 14, 0), embedding: true),
                Swarms.Span(3, "2-4", Quick, head: true),
            ],
            links);
        Assert.Equal("2:E[0,2) 3:[2,4)H", Text(Found(swarm)));
    }

    [Fact]
    public void ASlowLastLink_IsAvoided_TheAnswerReturnsToTheRequester()
    {
        List<Link> links = Swarms.Mesh(10, 1, 2, 3).With(Swarms.Node(2), Swarms.Requester, 5_000);
        SwarmSnapshot swarm = Swarms.Of(
            4,
            [
                Swarms.Span(1, "0-2", Quick, embedding: true),
                Swarms.Span(2, "2-4", Quick, head: true),
                Swarms.Span(3, "2-4", new(10, 14, 44), head: true),
            ],
            links);
        Assert.Equal("1:E[0,2) 3:[2,4)H", Text(Found(swarm)));
    }

    [Fact]
    public void TheOrderOfSpans_IsNotTheOrderOfNames()
    {
        SwarmSnapshot swarm = Swarms.Of(
            6,
            [
                Swarms.Span(1, "4-6", Quick, head: true),
                Swarms.Span(2, "0-2", Quick, embedding: true),
                Swarms.Span(3, "2-4", Quick),
            ],
            Swarms.Mesh(10, 1, 2, 3));
        Assert.Equal("2:E[0,2) 3:[2,4) 1:[4,6)H", Text(Found(swarm)));
    }

    [Fact]
    public void ATwentyLayerNode_LosesToAOneLayerNode_WhereItIsSlower()
    {
        // Node 1 could go on through layers 10..30, yet each costs it 100: it runs only what nobody runs better.
        SwarmSnapshot swarm = Swarms.Of(
            30,
            [
                Swarms.Span(1, "10-30", Slow, head: true),
                Swarms.Span(2, "0-10", Quick, embedding: true),
                Swarms.Span(3, "10-11", new(0, 1, 0)),
                Swarms.Span(4, "11-30", new(0, 1, 1), head: true),
            ],
            Swarms.Mesh(10, 1, 2, 3, 4));
        Assert.Equal("2:E[0,10) 3:[10,11) 4:[11,30)H", Text(Found(swarm)));
    }

    [Fact]
    public void AStage_EntersAndLeavesInsideASpan()
    {
        SwarmSnapshot swarm = Swarms.Of(
            10,
            [
                Swarms.Span(1, "0-9", Slow, embedding: true),
                Swarms.Span(2, "2-7", Quick),
                Swarms.Span(3, "3-10", new(10, 20, 40), head: true),
            ],
            Swarms.Mesh(10, 1, 2, 3));
        Assert.Equal("1:E[0,2) 2:[2,7) 3:[7,10)H", Text(Found(swarm)));
    }

    [Fact]
    public void ANode_MayServeTwoStages_WithAnotherBetween()
    {
        SwarmSnapshot swarm = Swarms.Of(
            6,
            [Swarms.Span(1, "0-6", Slow, embedding: true, head: true), Swarms.Span(2, "2-4", new(0, 0, 0))],
            Swarms.Mesh(10, 1, 2));
        Assert.Equal("1:E[0,2) 2:[2,4) 1:[4,6)H", Text(Found(swarm)));
    }

    [Fact]
    public void TheHead_MayBeRunByANodeWithoutLayers()
    {
        SwarmSnapshot swarm = Swarms.Of(
            4,
            [Swarms.Span(1, "0-4", new(10, 10, 900), embedding: true, head: true), Swarms.Span(2, "0-0", new(10, 0, 30), head: true)],
            Swarms.Mesh(100, 1, 2));
        PipelinePlan plan = Found(swarm);
        Assert.Equal("1:E[0,4) 2:[4,4)H", Text(plan));
        Assert.Equal(100 + 10 + 40 + 100 + 10 + 30 + 100, plan.Microseconds);
    }

    [Fact]
    public void TheHead_MayReturnToTheFirstNode()
    {
        // With tied weights the node that embeds holds the head's matrix too.
        SwarmSnapshot swarm = Swarms.Of(
            4,
            [Swarms.Span(1, "0-2", Quick, embedding: true, head: true), Swarms.Span(2, "2-4", Quick)],
            Swarms.Mesh(10, 1, 2));
        Assert.Equal("1:E[0,2) 2:[2,4) 1:[4,4)H", Text(Found(swarm)));
    }

    [Fact]
    public void WhoeverRunsLayerZero_Embeds()
    {
        SwarmSnapshot swarm = Swarms.Of(
            4,
            [
                Swarms.Span(1, "0-4", Quick, head: true),
                Swarms.Span(2, "0-1", Slow, embedding: true),
                Swarms.Span(3, "1-4", Quick, embedding: true, head: true),
            ],
            Swarms.Mesh(10, 1, 2, 3));
        Assert.Equal("2:E[0,1) 1:[1,4)H", Text(Found(swarm)));
    }

    [Fact]
    public void TheRequesterItself_IsReachedAtOnce()
    {
        ServedSpan own = Swarms.Span(255, "0-4", Slow, embedding: true, head: true);
        SwarmSnapshot swarm = Swarms.Of(4, [own, Swarms.Span(1, "0-4", Quick, embedding: true, head: true)], Swarms.Mesh(5_000, 1));
        PipelinePlan plan = Found(swarm);
        Assert.Equal("255:E[0,4)H", Text(plan));
        Assert.Equal(own.Cost.Of(own.Span), plan.Microseconds);
    }

    [Fact]
    public void ExcludedNodes_AreLeftOut()
    {
        ServedSpan[] spans =
        [
            Swarms.Span(1, "0-4", Quick, embedding: true, head: true),
            Swarms.Span(2, "0-4", Slow, embedding: true, head: true),
        ];
        SwarmSnapshot swarm = Swarms.Of(4, spans, Swarms.Mesh(10, 1, 2));
        Assert.Equal("1:E[0,4)H", Text(Found(swarm)));
        Assert.Equal("2:E[0,4)H", Text(Found(swarm, 100, Swarms.Node(1))));
        Assert.Equal("embedding, layers [0,4), head", Uncovered(swarm, 100, Swarms.Node(1), Swarms.Node(2)).Missing);
    }

    [Fact]
    public void ANodeWithoutRoom_IsIdle()
    {
        ServedSpan[] spans =
        [
            Swarms.Span(1, "0-4", Quick, embedding: true, head: true, positions: 99),
            Swarms.Span(2, "0-4", Slow, embedding: true, head: true, positions: 100),
        ];
        SwarmSnapshot swarm = Swarms.Of(4, spans, Swarms.Mesh(10, 1, 2));
        Assert.Equal("1:E[0,4)H", Text(Found(swarm, 99)));
        Assert.Equal("2:E[0,4)H", Text(Found(swarm, 100)));
        Assert.Equal("embedding, layers [0,4), head", Uncovered(swarm, 101).Missing);
    }

    [Fact]
    public void Ties_GoToFewerStages_ThenToTheLowerIds_ThenToTheEarlierChange()
    {
        StepCost free = new(0, 1, 1);
        ServedSpan[] pair = [Swarms.Span(4, "0-4", free, embedding: true), Swarms.Span(3, "0-4", free, head: true)];
        Assert.Equal("4:E[0,1) 3:[1,4)H", Text(Found(Swarms.Of(4, pair, Swarms.Mesh(0, 3, 4)))));

        ServedSpan[] triple = [.. pair, Swarms.Span(2, "0-4", free, embedding: true)];
        Assert.Equal("2:E[0,1) 3:[1,4)H", Text(Found(Swarms.Of(4, triple, Swarms.Mesh(0, 2, 3, 4)))));

        ServedSpan[] all = [.. triple, Swarms.Span(9, "0-4", free, embedding: true, head: true)];
        Assert.Equal("9:E[0,4)H", Text(Found(Swarms.Of(4, all, Swarms.Mesh(0, 2, 3, 4, 9)))));
    }

    [Fact]
    public void Missing_NamesEveryGap()
    {
        Assert.Equal("embedding, layers [0,3), head", Uncovered(Swarms.Of(3, [])).Missing);

        PlanResult.Uncovered gaps = Uncovered(Swarms.Of(
            8, [Swarms.Span(1, "0-2", Quick, embedding: true), Swarms.Span(2, "4-6", Quick), Swarms.Span(3, "7-8", Quick, head: true)]));
        Assert.Equal("layers [2,4) [6,7)", gaps.Missing);
        Assert.Equal(new PlanResult.Uncovered(false, [LayerRange.Of(2, 4), LayerRange.Of(6, 7)], false), gaps);

        Assert.Equal("embedding", Uncovered(Swarms.Of(
            4, [Swarms.Span(1, "0-4", Quick, head: true), Swarms.Span(2, "1-4", Quick, embedding: true)])).Missing);
        Assert.Equal("head", Uncovered(Swarms.Of(4, [Swarms.Span(1, "0-4", Quick, embedding: true)])).Missing);
    }

    [Fact]
    public void SpansOfOneNode_DoNotFollowEachOther()
    {
        ServedSpan[] spans = [Swarms.Span(1, "0-2", Quick, embedding: true), Swarms.Span(1, "2-4", Quick, head: true)];
        Assert.Equal("layers [2,4)", Uncovered(Swarms.Of(4, spans)).Missing);

        ServedSpan[] bare = [Swarms.Span(1, "0-4", Quick, embedding: true), Swarms.Span(1, "4-4", Quick, head: true)];
        Assert.Equal("head", Uncovered(Swarms.Of(4, bare)).Missing);
    }

    [Fact]
    public void ASpanBeyondTheModel_IsIgnored()
    {
        SwarmSnapshot swarm = Swarms.Of(4, [Swarms.Span(1, "0-5", Quick, embedding: true, head: true)]);
        Assert.Equal("embedding, layers [0,4), head", Uncovered(swarm).Missing);
    }

    [Fact]
    public void AModelWithoutLayers_AndNegativePositions_AreMisuse()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => PipelinePlanner.Plan(Swarms.Of(0, []), null, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => PipelinePlanner.Plan(Swarms.Of(1, []), null, -1));
    }

    [Fact]
    public void ALargeSwarm_IsPlannedExactly()
    {
        // 80 layers, 150 nodes: a chain of ten quick nodes hidden among slow ones that could run everything.
        IEnumerable<ServedSpan> slow = Enumerable.Range(0, 140).Select(i => Swarms.Span(i, "0-80", Slow, embedding: true, head: true));
        IEnumerable<ServedSpan> quick = Enumerable.Range(0, 10).Select(i =>
            Swarms.Span(240 - i, $"{8 * i}-{(8 * i) + 8}", Quick, embedding: i == 0, head: i == 9));
        PipelinePlan plan = Found(new(Swarms.Model, 80, Swarms.Requester, [.. slow, .. quick], new([new(Swarms.Node(1), Swarms.Node(2), 7)])));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => Swarms.Node(240 - i)), plan.Stages.Select(stage => stage.Node));
        Assert.Equal((11 * 7) + (10 * 10) + (80 * 10) + 40, plan.Microseconds);
    }
}

using System.Collections.Immutable;

namespace Aria.Scheduling;

/// <summary>A stage of a route and those before it; it ends where the next one begins.</summary>
internal sealed class OpenedStage(OpenedStage? previous, int span, NodeId node, int start)
{
    public OpenedStage? Previous => previous;
    public int Span => span;
    public NodeId Node => node;
    public int Start => start;
    public int Count { get; } = (previous?.Count ?? 0) + 1;
}

/// <summary>
/// A way from the requester to some boundary, ordered by time, then number of stages, then the nodes in order, then the boundaries
/// at which they begin. Going on from two routes in the same way keeps their order, which is what Dijkstra's algorithm needs.
/// </summary>
internal sealed class Route(long microseconds, OpenedStage? last) : IComparable<Route>
{
    public long Microseconds => microseconds;

    public OpenedStage? Last => last;

    public Route Plus(long added) => new(microseconds + added, last);

    public int CompareTo(Route? other)
    {
        ArgumentNullException.ThrowIfNull(other);
        int order = microseconds.CompareTo(other.Microseconds);
        order = order != 0 ? order : (last?.Count ?? 0).CompareTo(other.Last?.Count ?? 0);
        order = order != 0 ? order : CompareInOrder(last, other.Last, static (a, b) => a.Node.CompareTo(b.Node));
        return order != 0 ? order : CompareInOrder(last, other.Last, static (a, b) => a.Start.CompareTo(b.Start));
    }

    public PipelinePlan ToPlan(ImmutableArray<ServedSpan> spans, int layers)
    {
        Stack<PlannedStage> stages = new();
        bool head = true;
        int end = layers;
        for (OpenedStage? stage = last; stage is not null; stage = stage.Previous)
        {
            stages.Push(new(spans[stage.Span].Node, new(stage.Start == 0, LayerRange.Of(stage.Start, end), head)));
            (end, head) = (stage.Start, false);
        }

        return new([.. stages], microseconds);
    }

    // Both chains have the same length; the earliest difference decides. A walk from the end, so that length is no stack depth.
    private static int CompareInOrder(OpenedStage? left, OpenedStage? right, Comparison<OpenedStage> compare)
    {
        int order = 0;
        for (; left != right; left = left!.Previous, right = right!.Previous)
        {
            int here = compare(left!, right!);
            order = here != 0 ? here : order;
        }

        return order;
    }
}

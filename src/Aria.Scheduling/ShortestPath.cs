using System.Collections.Immutable;

namespace Aria.Scheduling;

/// <summary>One run of Dijkstra's algorithm. A state is a span that has just brought the residual to a boundary.</summary>
internal sealed class ShortestPath(int layers, NodeId requester, ImmutableArray<ServedSpan> spans, LinkTable links)
{
    private readonly PriorityQueue<State, Route> _open = new();
    private readonly Route?[,] _best = new Route?[layers + 1, spans.Length];
    private Route? _answer;

    // Boundary layers + 1 lies behind the head.
    private readonly record struct State(int Boundary, int Span);

    /// <summary>The last boundary (0..layers) that any chain of stages reaches; meaningful after <see cref="Run"/> found no plan.</summary>
    public int FurthestBoundary { get; private set; }

    /// <summary>The shortest plan, or null.</summary>
    public PipelinePlan? Run()
    {
        for (int first = 0; first < spans.Length; first++)
        {
            if (spans[first].Span.Embedding && Runs(first, 0))
            {
                Enter(new Route(0, null), boundary: 0, first);
            }
        }

        while (_open.TryDequeue(out State at, out Route? route))
        {
            if (at.Boundary > layers)
            {
                return _answer!.ToPlan(spans, layers);
            }

            if (route == _best[at.Boundary, at.Span])
            {
                FurthestBoundary = Math.Max(FurthestBoundary, at.Boundary);
                Extend(at, route);
            }
        }

        return null;
    }

    private bool Runs(int span, int layer) => spans[span].Span.Layers.Contains(layer);

    private void Extend(State at, Route route)
    {
        // The next unit on the span that ran the last one …
        if (at.Boundary == layers)
        {
            if (spans[at.Span].Span.Head)
            {
                Finish(route.Plus(spans[at.Span].Cost.Head), at.Span);
            }
        }
        else if (Runs(at.Span, at.Boundary))
        {
            Reach(route.Plus(spans[at.Span].Cost.PerLayer), at.Boundary + 1, at.Span);
        }

        // … or on a span of another node, as a new stage.
        for (int next = 0; next < spans.Length; next++)
        {
            if (spans[next].Node != spans[at.Span].Node)
            {
                Enter(route, at.Boundary, next);
            }
        }
    }

    private void Enter(Route route, int boundary, int span)
    {
        bool head = boundary == layers;
        if (!(head ? spans[span].Span.Head : Runs(span, boundary)))
        {
            return;
        }

        ServedSpan entered = spans[span];
        long hop = links.Between(route.Last is { } last ? spans[last.Span].Node : requester, entered.Node);
        Route inside = new(
            route.Microseconds + hop + entered.Cost.Overhead + (head ? entered.Cost.Head : entered.Cost.PerLayer),
            new OpenedStage(route.Last, span, entered.Node, boundary));
        if (head)
        {
            Finish(inside, span);
        }
        else
        {
            Reach(inside, boundary + 1, span);
        }
    }

    private void Reach(Route route, int boundary, int span)
    {
        ref Route? best = ref _best[boundary, span];
        if (best is null || route.CompareTo(best) < 0)
        {
            best = route;
            _open.Enqueue(new(boundary, span), route);
        }
    }

    private void Finish(Route route, int span)
    {
        Route complete = route.Plus(links.Between(spans[span].Node, requester));
        if (_answer is null || complete.CompareTo(_answer) < 0)
        {
            _answer = complete;
            _open.Enqueue(new(layers + 1, span), complete);
        }
    }
}

using System.Collections.Immutable;

namespace Aria.Scheduling;

/// <summary>Names what is missing where no pipeline exists.</summary>
internal static class Coverage
{
    /// <param name="layers">The model's layers.</param>
    /// <param name="usable">The spans that a plan might have used.</param>
    /// <param name="furthestBoundary">The last boundary that some chain of stages from the embedding reaches.</param>
    public static PlanResult.Uncovered Missing(int layers, ImmutableArray<ServedSpan> usable, int furthestBoundary)
    {
        bool embedding = usable.Any(span => span.Span.Embedding && span.Span.Layers.Contains(0));
        bool head = usable.Any(span => span.Span.Head);
        bool[] served = new bool[layers];
        foreach (ServedSpan span in usable)
        {
            served.AsSpan(span.Span.Layers.Start, span.Span.Layers.Count).Fill(true);
        }

        if (embedding && head && !served.Contains(false))
        {
            // Each unit is served, yet only by spans of one node that would have to follow each other.
            served.AsSpan(furthestBoundary).Clear();
            head = furthestBoundary < layers;
        }

        return new(!embedding, Gaps(served), !head);
    }

    private static ImmutableArray<LayerRange> Gaps(bool[] served)
    {
        ImmutableArray<LayerRange>.Builder gaps = ImmutableArray.CreateBuilder<LayerRange>();
        for (int at = 0; at < served.Length;)
        {
            int end = at;
            while (end < served.Length && served[end] == served[at])
            {
                end++;
            }

            if (!served[at])
            {
                gaps.Add(LayerRange.Of(at, end));
            }

            at = end;
        }

        return gaps.ToImmutable();
    }
}

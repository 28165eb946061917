using System.Collections.Immutable;

namespace Aria.Scheduling;

/// <summary>The planner's answer: a plan, or what is missing for one.</summary>
public abstract record PlanResult
{
    private PlanResult()
    {
    }

    /// <summary>The shortest pipeline.</summary>
    public sealed record Found(PipelinePlan Plan) : PlanResult;

    /// <summary>No pipeline exists; the units that nobody serves, at least one (specs/scheduling.md §5).</summary>
    /// <param name="Embedding">Whether no usable span holds both the embedding and layer 0.</param>
    /// <param name="Layers">Missing layers: ascending, apart from each other.</param>
    /// <param name="Head">Whether no usable span holds the head.</param>
    public sealed record Uncovered(bool Embedding, ImmutableArray<LayerRange> Layers, bool Head) : PlanResult
    {
        /// <summary><c>embedding, layers [2,4) [6,8), head</c></summary>
        public string Missing => string.Join(", ", Units());

        /// <summary>Equal units.</summary>
        public bool Equals(Uncovered? other) =>
            other is not null && Embedding == other.Embedding && Head == other.Head && Layers.SequenceEqual(other.Layers);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(Embedding, Head, Layers.Length);

        /// <summary>What is missing.</summary>
        public override string ToString() => $"Uncovered: {Missing}";

        private IEnumerable<string> Units()
        {
            if (Embedding)
            {
                yield return "embedding";
            }

            if (!Layers.IsEmpty)
            {
                yield return $"layers {string.Join(' ', Layers)}";
            }

            if (Head)
            {
                yield return "head";
            }
        }
    }
}

using System.Collections.Immutable;

namespace Aria.Provenance.Plans;

/// <summary>Whether stages run a whole model, each unit once and in order (specs/provenance.md §3).</summary>
public static class PlanCover
{
    /// <summary>
    /// Null if the stages cover embedding, layers 0 to the end and head exactly; otherwise a sentence naming the first stage that breaks it.
    /// <paramref name="layers"/> is the model's number of layers where the caller knows it.
    /// </summary>
    public static string? Problem(ImmutableArray<PlanStage> stages, int? layers = null)
    {
        if (stages.IsDefaultOrEmpty)
        {
            return "no stage";
        }

        int at = 0;
        for (int i = 0; i < stages.Length; i++)
        {
            StageSpan span = stages[i].Span;
            bool first = i == 0, last = i == stages.Length - 1;
            if (span.Embedding != first)
            {
                return first ? "stage 0 does not embed" : $"stage {i} embeds again";
            }

            if (span.Head != last)
            {
                return last ? $"stage {i} is the last and has no head" : $"stage {i} has the head and is not the last";
            }

            if (span.Layers.Start != at)
            {
                return $"stage {i} begins at layer {span.Layers.Start}, not {at}";
            }

            if (span.Layers.IsEmpty && (first || !last))
            {
                return $"stage {i} runs no layer";
            }

            at = span.Layers.End;
        }

        return layers is { } all && at != all ? $"the stages end at layer {at}, the model at {all}" : null;
    }
}

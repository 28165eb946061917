using Aria.Discovery;
using Aria.Scheduling;

namespace Aria.Node.Generation;

/// <summary>
/// Decode steps of one attempt as its gateway saw them, reported to the directory, which holds claims against them. What a step took beyond its plan is put on all of its
/// stages alike: who is slow behind good claims shows over several pipelines.
/// </summary>
internal sealed class StepTimes
{
    /// <summary>Steps below which nothing is reported.</summary>
    public const int MinSteps = 4;

    private TimeSpan _sum;

    public int Count { get; private set; }

    public void Add(TimeSpan step)
    {
        _sum += step;
        Count++;
    }

    /// <summary>What each stage's step took, by this reckoning: (stage, time); none for too few steps.</summary>
    /// <param name="plan">The pipeline.</param>
    /// <param name="claim">A stage's own claim in microseconds.</param>
    public IEnumerable<(PlannedStage Stage, TimeSpan Elapsed)> Shares(PipelinePlan plan, Func<PlannedStage, long> claim)
    {
        if (Count < MinSteps)
        {
            yield break;
        }

        double measured = (_sum / Count).TotalMicroseconds, planned = Math.Max(1, plan.Microseconds), excess = (measured - planned) / plan.Stages.Length;
        foreach (PlannedStage stage in plan.Stages)
        {
            double own = claim(stage);
            yield return (stage, TimeSpan.FromMicroseconds(excess > 0 ? own + excess : own * measured / planned));
        }
    }

    /// <param name="swarm">What the plan was made over: claims as the directory counted them then.</param>
    public void Report(CapabilityDirectory directory, SwarmSnapshot swarm, PipelinePlan plan)
    {
        foreach ((PlannedStage stage, TimeSpan elapsed) in Shares(
            plan, stage => swarm.Spans.FirstOrDefault(served => served.Node == stage.Node && served.Span.Contains(stage.Span))?.Cost.Of(stage.Span) ?? 0))
        {
            directory.ReportStep(stage.Node, swarm.Model, stage.Span, elapsed);
        }
    }
}

using Aria.Engine.Execution;
using Aria.Scheduling;

namespace Aria.Node.Serving;

/// <summary>What one decode step costs here, measured before the node tells anyone: the claim in its capability record.</summary>
internal static class StepCostMeasurement
{
    /// <summary>
    /// What a stage costs besides its layers, in microseconds: two streams, digests of every row, a thread's turn. Without it a plan would go through one more node for
    /// the sake of a measurement's noise.
    /// </summary>
    private const int OverheadMicroseconds = 300;

    private const int MaxSteps = 64, EnoughSteps = 8;
    private static readonly TimeSpan MaxTime = TimeSpan.FromMilliseconds(100), MaxBusyTime = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// The quickest of some steps, so that a busy moment does not count: the first ones also compile the code. Where few fit into <see cref="MaxTime"/>, because the model
    /// is large or the machine starts other things, it goes on to <see cref="EnoughSteps"/> or <see cref="MaxBusyTime"/>.
    /// </summary>
    public static StepCost Run(SpanEngine engine, TimeProvider time)
    {
        StageSpan span = engine.Span;
        float[] row = new float[engine.Shape.Dim];
        Candidate[] candidates = new Candidate[SamplingParameters.MaxCandidates];
        TimeSpan layers = TimeSpan.MaxValue, head = TimeSpan.MaxValue;
        long began = time.GetTimestamp();
        using KvCache? cache = span.Layers.IsEmpty ? null : engine.CreateCache(span.Layers, MaxSteps);
        for (int step = 0; step < MaxSteps && (step < 2 || time.GetElapsedTime(began) < (step < EnoughSteps ? MaxBusyTime : MaxTime)); step++)
        {
            for (int i = 0; i < row.Length; i++)
            {
                row[i] = ((i * 7) % 13 - 6) / 8f;       // anything but zeros
            }

            long start = time.GetTimestamp();
            if (cache is not null)
            {
                engine.Forward(cache, step, row);
            }

            layers = Min(layers, time.GetElapsedTime(start));
            start = time.GetTimestamp();
            if (span.Head)
            {
                engine.Head(row, candidates);
            }

            head = Min(head, time.GetElapsedTime(start));
        }

        return new(OverheadMicroseconds, span.Layers.IsEmpty ? 0 : Whole(layers / span.Layers.Count), span.Head ? Whole(head) : 0);
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static long Whole(TimeSpan time) => Math.Clamp((long)Math.Ceiling(time.TotalMicroseconds), 1, StepCost.MaxMicroseconds);
}

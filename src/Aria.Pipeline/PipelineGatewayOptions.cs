namespace Aria.Pipeline;

/// <summary>How a gateway feeds a pipeline and how long it waits (specs/pipeline.md §3, §4).</summary>
public sealed record PipelineGatewayOptions
{
    /// <summary>Positions in one frame of a prefill.</summary>
    public int FramePositions { get; init; } = 64;

    /// <summary>Most frames sent in and not yet answered; in a pipeline of as many stages or more, one more than its stages, so that each has one to compute.</summary>
    public int Window { get; init; } = 4;

    /// <summary>To reach a stage and have its acceptance.</summary>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From a frame sent, or the last answer, to the next answer; then the stages are probed.</summary>
    public TimeSpan StepTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>For a probe's answer.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>From a report about a neighbour to the verdict, so that a report at first hand may come.</summary>
    public TimeSpan BlameWait { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>From <c>finish</c> to a receipt; a stage itself waits up to 10 s for its input.</summary>
    public TimeSpan FinishTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>From <c>abort</c> to a receipt.</summary>
    public TimeSpan AbortTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>From <c>record</c> to <c>logged</c>: long enough for a slow disk, since no answer hangs on it.</summary>
    public TimeSpan RecordTimeout { get; init; } = TimeSpan.FromSeconds(30);
}

namespace Aria.Pipeline;

/// <summary>What a stage takes upon itself, and how long it waits (specs/pipeline.md §1, §2).</summary>
public sealed record StageHostOptions
{
    /// <summary>The network's id: plans of another are refused.</summary>
    public required string Network { get; init; }

    /// <summary>Most sessions that hold a key-value cache at once.</summary>
    public int MaxSessions { get; init; } = 16;

    /// <summary>Most sessions that wait for their record, those that compute counted too.</summary>
    public int MaxUnrecorded { get; init; } = 1024;

    /// <summary>Positions for which there is room in key-value caches, over all sessions.</summary>
    public int MaxPositions { get; init; } = 16 * 4096;

    /// <summary>From a control stream's opening to its first message, and from a data stream's to <c>begin</c>.</summary>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Without a frame for so long, or without <c>finish</c> after the last, a session is given up: it holds room that others want.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>From <c>finish</c> to the last position computed.</summary>
    public TimeSpan FinishTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From a fault to <c>finish</c> or <c>abort</c>; from the receipt to the record, after which the receipt is logged alone.</summary>
    public TimeSpan RecordTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How far ahead a plan's deadline may lie.</summary>
    public TimeSpan MaxDeadline { get; init; } = TimeSpan.FromDays(1);
}

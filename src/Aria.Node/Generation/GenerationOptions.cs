namespace Aria.Node.Generation;

/// <summary>The bounds of a node's generations.</summary>
public sealed record GenerationOptions
{
    /// <summary>Generations that run at once.</summary>
    public int MaxRunning { get; init; } = 4;

    /// <summary>Generations that wait for their turn; further ones are refused.</summary>
    public int MaxWaiting { get; init; } = 32;

    /// <summary>Pipelines tried for one generation; at most <see cref="Provenance.Limits.Attempts"/>.</summary>
    public int MaxAttempts { get; init; } = 8;

    /// <summary>From a generation's turn to its end; then it fails.</summary>
    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long the next attempt waits for the receipts of the one that failed; they may still come after it.</summary>
    public TimeSpan MaxAbortWait { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long the end of an answer waits for the stages to log its record; they go on after it.</summary>
    public TimeSpan MaxRecordWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a node that goes down waits for its generations' records.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(5);
}

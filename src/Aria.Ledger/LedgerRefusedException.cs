namespace Aria.Ledger;

/// <summary>A log is not opened: what its directories hold is not what was acknowledged, or not this node's. Nothing was signed and nothing was deleted.</summary>
public class LedgerRefusedException : Exception
{
    /// <summary>Says what is wrong and what to do next.</summary>
    public LedgerRefusedException(string problem, string nextStep, Exception? inner = null) : base($"{problem} {nextStep}", inner) =>
        (Problem, NextStep) = (problem, nextStep);

    /// <summary>What is wrong: one sentence or more.</summary>
    public string Problem { get; }

    /// <summary>What to do next: one sentence or more.</summary>
    public string NextStep { get; }
}

/// <summary>Another opener holds the log.</summary>
public sealed class LedgerLockedException(string directory, int? processId) : LedgerRefusedException(
    $"The ledger with its head in {directory} is in use by {(processId is { } id ? $"process {id}" : "another process")}.",
    "One process writes a ledger: end that one, or give this node a data directory of its own.")
{
    /// <summary>The process that holds it, if it wrote its id.</summary>
    public int? ProcessId { get; } = processId;
}

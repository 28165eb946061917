namespace Aria.Cli;

/// <summary>A command's expected failure: what happened, what to do next, and the exit status that scripts see.</summary>
internal sealed class CommandFailedException(int exitCode, string code, string message, string? next = null, Exception? cause = null)
    : Exception(message, cause)
{
    public int ExitCode { get; } = exitCode;

    /// <summary>A stable word for programs, such as <c>port_busy</c>.</summary>
    public string Code { get; } = code;

    /// <summary>The next command or flag to try.</summary>
    public string? Next { get; } = next;

    public static CommandFailedException Usage(string message, string? next = null) => new(Cli.ExitCode.Usage, "usage", message, next);

    public static CommandFailedException Precondition(string code, string message, string? next = null) =>
        new(Cli.ExitCode.Precondition, code, message, next);

    public static CommandFailedException Unreachable(string message, string? next = null) =>
        new(Cli.ExitCode.Unreachable, "unreachable", message, next);

    public static CommandFailedException TimedOut(string message, string? next = null) => new(Cli.ExitCode.Timeout, "timeout", message, next);
}

namespace Aria.Cli.Output;

/// <summary>What <c>--json</c> prints when a command fails.</summary>
internal sealed record ErrorDocument(string Schema, ErrorDetail Error)
{
    public static ErrorDocument Of(CommandFailedException failure) =>
        new("aria.error/1", new(failure.Code, failure.Message, failure.Next, failure.ExitCode));
}

/// <summary>One failure.</summary>
internal sealed record ErrorDetail(string Code, string Message, string? Hint, int ExitCode);

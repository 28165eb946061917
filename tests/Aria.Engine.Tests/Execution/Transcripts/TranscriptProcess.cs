using System.Diagnostics;
using System.Globalization;
using Aria.Engine.Execution;

namespace Aria.Engine.Tests.Execution.Transcripts;

/// <summary>Computes the transcript in a process of its own.</summary>
internal static class TranscriptProcess
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Aria.Engine.Transcript.exe" : "Aria.Engine.Transcript");

    /// <summary>The digest and the kernels' name that it prints.</summary>
    /// <exception cref="InvalidOperationException">It printed something else.</exception>
    public static Task<(string Digest, string Kernels)> RunAsync(TranscriptCell cell, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(cell);
        ProcessStartInfo start = new(Program, Arguments(cell.Stages, cell.Chunk, cell.Threads, cell.Path, cell.Company));
        foreach (string[] variable in cell.Variables.Where(text => text.Length > 0).Select(text => text.Split('=')))
        {
            start.Environment[variable[0]] = variable[1];
        }

        return RunAsync(start, cancellationToken);
    }

    /// <summary>What <paramref name="start"/> prints.</summary>
    /// <exception cref="InvalidOperationException">It printed something else.</exception>
    public static async Task<(string Digest, string Kernels)> RunAsync(ProcessStartInfo start, CancellationToken cancellationToken)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return output.Split((char[])[' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries) is [var digest, var kernels] && (await errors).Length == 0
            ? (digest, kernels)
            : throw new InvalidOperationException($"Exit {process.ExitCode}: {output}{await errors}");
    }

    /// <summary>The program's arguments.</summary>
    public static string[] Arguments(int stages, int chunk, int threads, KernelPath kernels, int company) =>
    [
        Text(stages), Text(chunk), Text(threads), kernels.ToString(), Text(company), Text(TranscriptVector.Candidates), .. TranscriptVector.Tokens.Select(token => Text((int)token)),
    ];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

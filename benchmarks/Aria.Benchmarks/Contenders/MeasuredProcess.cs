using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Aria.Benchmarks.Contenders;

/// <summary>A program that runs to its end and answers on standard output.</summary>
internal static class MeasuredProcess
{
    private const int TailCharacters = 2000;

    /// <summary>What it wrote to standard output, and to standard error after that.</summary>
    /// <exception cref="ContenderException">It did not start, or ended with an error.</exception>
    public static async Task<(string Output, string Error)> RunAsync(string executable, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        using Process process = Start(executable, arguments);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            Task<string> error = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            string said = await error;
            return process.ExitCode == 0
                ? (await output, said)
                : throw new ContenderException($"{executable} {string.Join(' ', arguments)} ended with {process.ExitCode}: {said[Math.Max(0, said.Length - TailCharacters)..].Trim()}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    public static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static Process Start(string executable, IReadOnlyList<string> arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(executable, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                StandardOutputEncoding = Encoding.UTF8,
                StandardErrorEncoding = Encoding.UTF8,
                UseShellExecute = false,
            })!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new ContenderException($"{executable} did not start: {e.Message}", e);
        }
    }
}

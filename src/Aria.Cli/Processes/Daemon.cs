using System.Diagnostics;

namespace Aria.Cli.Processes;

/// <summary>
/// Running on after the command returns: the parent starts this program again and shows its output until the child lets go of it;
/// the child then belongs to no terminal.
/// </summary>
internal static class Daemon
{
    /// <summary>Starts this program with <paramref name="arguments"/> and copies its output until it detaches or ends.</summary>
    /// <returns>The child while it runs on, else its exit status.</returns>
    public static async Task<(ProcessIdentity? Child, int ExitStatus)> StartAsync(IEnumerable<string> arguments, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        using Process process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        ProcessIdentity? identity = ProcessIdentity.TryOf(process.Id);
        process.StandardInput.Close();
        try
        {
            await Task.WhenAll(CopyAsync(process.StandardOutput, output, cancellationToken), CopyAsync(process.StandardError, error, cancellationToken));
        }
        catch (OperationCanceledException)
        {
            Libc.Signal(process.Id, Libc.SignalTerminate);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }

        // Both pipes are at their end: either the child has let go of them, or it is ending.
        if (identity is { IsAlive: true } child && !await child.GoneWithinAsync(TimeSpan.FromMilliseconds(100), cancellationToken))
        {
            return (child, ExitCode.Ok);
        }

        await process.WaitForExitAsync(cancellationToken);
        return (null, process.ExitCode);
    }

    /// <summary>In the child, at its start: leaves the terminal, whose signals are not for it.</summary>
    public static void LeaveTerminal() => Libc.LeaveTerminal();

    /// <summary>In the child, when it has said all: its standard streams lead nowhere from here on, which tells the parent to return.</summary>
    public static void LetGo() => Libc.CloseStandardStreams();

    private static async Task CopyAsync(StreamReader from, TextWriter to, CancellationToken cancellationToken)
    {
        while (await from.ReadLineAsync(cancellationToken) is { } line)
        {
            await to.WriteLineAsync(line);
            await to.FlushAsync(cancellationToken);
        }
    }
}

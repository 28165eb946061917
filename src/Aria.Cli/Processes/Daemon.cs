using System.Diagnostics;
using System.Text;

namespace Aria.Cli.Processes;

/// <summary>
/// Running on after the command returns: the parent starts this program again and shows its output until the child lets go of it;
/// the child then belongs to no terminal.
/// </summary>
internal static class Daemon
{
    private const string LastLine = "\u0004";      // end of transmission

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
            bool[] letGo = await Task.WhenAll(CopyAsync(process.StandardOutput, output, cancellationToken), CopyAsync(process.StandardError, error, cancellationToken));
            if (letGo[0] && letGo[1])
            {
                return (identity, ExitCode.Ok);
            }
        }
        catch (OperationCanceledException)
        {
            Libc.Signal(process.Id, Libc.SignalTerminate);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }

        await process.WaitForExitAsync(cancellationToken);
        return (null, process.ExitCode);
    }

    /// <summary>In the child, at its start: leaves the terminal, whose signals are not for it.</summary>
    public static void LeaveTerminal() => Libc.LeaveTerminal();

    /// <summary>In the child, when it has said all: tells the parent to return. Its standard streams lead nowhere from here on.</summary>
    public static void LetGo()
    {
        // The end of the streams would not do: the runtime holds copies of their descriptors.
        foreach (Stream stream in (Stream[])[Console.OpenStandardOutput(), Console.OpenStandardError()])
        {
            stream.Write(Encoding.ASCII.GetBytes(LastLine + "\n"));
            stream.Flush();
        }

        Libc.CloseStandardStreams();
    }

    // True when the child let go, false when the stream just ended.
    private static async Task<bool> CopyAsync(StreamReader from, TextWriter to, CancellationToken cancellationToken)
    {
        while (await from.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line == LastLine)
            {
                return true;
            }

            await to.WriteLineAsync(line.AsMemory(), cancellationToken);
            await to.FlushAsync(cancellationToken);
        }

        return false;
    }
}

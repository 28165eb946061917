using System.Diagnostics;
using System.Text;

namespace Aria.Testing;

/// <summary>The built command line program, run as a user would: a process of its own, its streams, its exit status.</summary>
public static class AriaProgram
{
    /// <summary>The executable that stands beside the test's own build, of the same configuration.</summary>
    public static string Path { get; } = FindExecutable();

    /// <summary>Starts the program; standard input is a pipe that the caller holds.</summary>
    public static Process Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = new(Path, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Runs the program to its end, with nothing on its standard input.</summary>
    public static async Task<ProgramRun> RunAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string input = "", CancellationToken cancellationToken = default)
    {
        using Process process = Start(arguments, environment);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            Task<string> error = process.StandardError.ReadToEndAsync(cancellationToken);
            await GiveAsync(process, input);
            await process.WaitForExitAsync(cancellationToken);
            return new(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    private static async Task GiveAsync(Process process, string input)
    {
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it had read all: its exit status and its words say why.
        }
    }

    private static string FindExecutable()
    {
        // artifacts/bin/<test project>/<configuration>/ → artifacts/bin/Aria.Cli/<configuration>/
        DirectoryInfo own = new(AppContext.BaseDirectory.TrimEnd(System.IO.Path.DirectorySeparatorChar));
        string name = OperatingSystem.IsWindows() ? "aria.exe" : "aria";
        return System.IO.Path.Combine(own.Parent!.Parent!.FullName, "Aria.Cli", own.Name, name);
    }
}

/// <summary>What a run of the program left.</summary>
public sealed record ProgramRun(int ExitCode, string Output, string Error)
{
    /// <summary>For a failed assertion's message.</summary>
    public override string ToString() => $"exit {ExitCode}\n--- stdout\n{Output}\n--- stderr\n{Error}";
}

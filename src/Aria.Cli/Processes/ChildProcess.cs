using System.Diagnostics;
using System.Text;

namespace Aria.Cli.Processes;

/// <summary>
/// A process that lives as long as we hold the other end of its standard input. Its output goes line by line to a log and to
/// whoever waits for a word in it.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task _output;
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProcess(Process process, Action<string> onLine)
    {
        _process = process;
        Identity = ProcessIdentity.TryOf(process.Id) ?? new(process.Id, 0);
        _output = Task.WhenAll(ForwardAsync(process.StandardOutput, onLine), ForwardAsync(process.StandardError, onLine));
        _ = ReapAsync();
    }

    public ProcessIdentity Identity { get; }

    public int Pid => Identity.Pid;

    /// <summary>Its exit status, once the system has reaped it: from then on no thread, socket or lock of it is left.</summary>
    public Task<int> Exited => _exited.Task;

    public static ChildProcess Start(string executable, IEnumerable<string> arguments, Action<string> onLine, IReadOnlyDictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = new(executable, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            UseShellExecute = false,
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return new(Process.Start(start) ?? throw new InvalidOperationException($"{executable} did not start."), onLine);
    }

    /// <summary>Asks it to stop in order, by cutting its lifeline.</summary>
    public void CutLifeline()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has gone already.
        }
    }

    /// <summary>Ends it at once (SIGKILL) and returns when it is gone.</summary>
    public async Task<int> KillAsync()
    {
        if (!_exited.Task.IsCompleted)
        {
            _process.Kill();
        }

        return await Exited;
    }

    /// <summary>Cuts the lifeline; whoever is not gone after <paramref name="patience"/> is killed. True when it stopped by itself.</summary>
    public async Task<bool> StopAsync(TimeSpan patience)
    {
        CutLifeline();
        try
        {
            await Exited.WaitAsync(patience);
            return true;
        }
        catch (TimeoutException)
        {
            await KillAsync();
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        await _output;
        _process.Dispose();
    }

    private static async Task ForwardAsync(StreamReader reader, Action<string> onLine)
    {
        try
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                onLine(line);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The pipe broke with the process.
        }
    }

    private async Task ReapAsync()
    {
        await _process.WaitForExitAsync();
        _exited.SetResult(_process.ExitCode);
    }
}

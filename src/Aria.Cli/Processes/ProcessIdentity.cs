using System.Diagnostics;
using System.Globalization;

namespace Aria.Cli.Processes;

/// <summary>
/// A process that cannot be mistaken for a later one with the same id: pid and start time (clock ticks since boot on Linux,
/// UTC ticks elsewhere).
/// </summary>
internal readonly record struct ProcessIdentity(int Pid, long Started)
{
    /// <summary>This process.</summary>
    public static ProcessIdentity Current { get; } = TryOf(Environment.ProcessId) ?? new(Environment.ProcessId, 0);

    /// <summary>Whether it still runs; a zombie does not.</summary>
    public bool IsAlive => TryOf(Pid) is { } now && now == this;

    /// <summary>The process with this id, if one runs.</summary>
    public static ProcessIdentity? TryOf(int pid)
    {
        if (OperatingSystem.IsLinux())
        {
            return TryReadStat(pid) is (not 'Z' and not 'X', long ticks) ? new(pid, ticks) : null;
        }

        try
        {
            using Process process = Process.GetProcessById(pid);
            return new(pid, process.StartTime.ToUniversalTime().Ticks);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <summary>The command line of a process, as a person would type it.</summary>
    public static string? CommandOf(int pid)
    {
        try
        {
            string text = File.ReadAllText($"/proc/{pid}/cmdline").TrimEnd('\0');
            if (text.Length == 0)
            {
                return null;
            }

            string[] words = text.Split('\0');
            words[0] = Path.GetFileName(words[0]);
            return string.Join(' ', words);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Ends it at once if it is still the same process, and waits until it is gone.</summary>
    public async Task<bool> KillAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        if (!IsAlive)
        {
            return false;
        }

        if (OperatingSystem.IsWindows())
        {
            using Process process = Process.GetProcessById(Pid);
            process.Kill();
        }
        else
        {
            Libc.Signal(Pid, Libc.SignalKill);
        }

        return await GoneWithinAsync(patience, cancellationToken);
    }

    /// <summary>Waits for a process that may not be our child; false when it outlives <paramref name="patience"/>.</summary>
    public async Task<bool> GoneWithinAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        while (IsAlive)
        {
            if (Stopwatch.GetElapsedTime(start) > patience)
            {
                return false;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
        }

        return true;
    }

    // proc(5): "pid (comm) state ppid …", start time is field 22; comm may hold blanks and parentheses.
    private static (char State, long Ticks)? TryReadStat(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0][0], long.Parse(fields[22 - 3], CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Aria.Cli.Processes;

/// <summary>The few calls that .NET does not offer; each a no-op answer where there is no libc.</summary>
internal static partial class Libc
{
    public const int SignalKill = 9;
    public const int SignalTerminate = 15;
    private const int AdviseHugePages = 14;

    /// <summary>Sends a signal; false when there is no such process, or it is not ours to signal.</summary>
    public static bool Signal(int pid, int signal)
    {
        // A pid of 0 or below means whole groups to kill(2).
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pid);
        return !OperatingSystem.IsWindows() && kill(pid, signal) == 0;
    }

    /// <summary>Ends this process whatever its threads are doing.</summary>
    public static void EndThisProcess()
    {
        using Process self = Process.GetCurrentProcess();
        self.Kill();
    }

    /// <summary>Leaves the terminal's session, so that neither its Ctrl-C nor its closing reaches this process.</summary>
    public static void LeaveTerminal()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = setsid();
        }
    }

    /// <summary>Lets standard input, output and error lead to /dev/null.</summary>
    public static void CloseStandardStreams()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using FileStream nowhere = new("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        int descriptor = (int)nowhere.SafeFileHandle.DangerousGetHandle();
        for (int standard = 0; standard <= 2; standard++)
        {
            _ = dup2(descriptor, standard);
        }
    }

    /// <summary>Asks for pages of 2 MiB before the memory is first written to; a wish.</summary>
    public static unsafe void PreferLargePages(void* memory, nuint bytes)
    {
        if (OperatingSystem.IsLinux())
        {
            _ = madvise(memory, bytes, AdviseHugePages);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int madvise(void* address, nuint length, int advice);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int dup2(int from, int to);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsid();
}

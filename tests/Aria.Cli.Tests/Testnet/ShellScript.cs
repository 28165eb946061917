using System.Diagnostics;

namespace Aria.Cli.Tests.Testnet;

/// <summary>A program of a few words, for a process that a test starts.</summary>
internal static class ShellScript
{
    /// <summary>
    /// Writes the script into a folder; its path. A shell writes it: had this process the file open for writing, a process that another test starts at that moment would
    /// hold it open for a while as well, and the system runs no file that somebody may still change.
    /// </summary>
    public static string Write(string folder, string script)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The nodes of these tests are shell scripts.");
        string file = Path.Combine(folder, "node.sh");
        using Process shell = Process.Start("/bin/sh", ["-c", "printf '#!/bin/sh\\n%s\\n' \"$2\" > \"$1\" && chmod 700 \"$1\"", "sh", file, script]);
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
        return file;
    }
}

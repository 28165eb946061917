using System.Diagnostics;

namespace Aria.Cli.Benchmarks;

/// <summary>
/// The commit at which the checkout that the program stands in is now, as git tells it; <c>-dirty</c> when files differ from it. The launcher runs nothing older than the checkout's sources;
/// who starts the executable itself vouches for that.
/// </summary>
internal static class SourceCommit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Null outside of a checkout, or without git.</summary>
    public static string? Find(string folder)
    {
        try
        {
            // --match with a name that no tag has: the commit itself, never a tag's name.
            using Process git = Process.Start(new ProcessStartInfo("git", ["-C", folder, "describe", "--always", "--dirty", "--abbrev=12", "--match=no-such-tag"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            })!;
            Task<string> output = git.StandardOutput.ReadToEndAsync();
            _ = git.StandardError.ReadToEndAsync();
            if (!git.WaitForExit(Patience))
            {
                git.Kill();
                return null;
            }

            return git.ExitCode == 0 && output.Result.Trim() is { Length: > 0 } commit ? commit : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;        // no git
        }
    }
}

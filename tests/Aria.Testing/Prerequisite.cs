using Xunit;

namespace Aria.Testing;

/// <summary>
/// What a test needs of the machine: npm, a compiler's product. Where it is missing the test is skipped by name and reason; where CI=true says that everything must
/// be there, it fails.
/// </summary>
public static class Prerequisite
{
    /// <summary>Whether this run must not skip for want of a tool.</summary>
    public static bool AllAreDemanded { get; } = Environment.GetEnvironmentVariable("CI") == "true";

    /// <summary>Skips the test unless <paramref name="present"/>; fails it where all prerequisites are demanded.</summary>
    public static void Demand(bool present, string missing)
    {
        Assert.False(!present && AllAreDemanded, $"{missing} (CI=true demands it)");
        Assert.SkipUnless(present, missing);
    }

    /// <summary>Whether a program of that name is on the PATH.</summary>
    public static bool HasProgram(string name)
    {
        string[] names = OperatingSystem.IsWindows() ? [name + ".exe", name + ".cmd"] : [name];
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => names.Any(file => File.Exists(Path.Combine(folder, file))));
    }
}

namespace Aria.Cli.Benchmarks;

/// <summary>Linux's files of <c>name: value</c> lines.</summary>
internal static class ProcFile
{
    /// <summary>What follows the first line's <paramref name="name"/>; null without such a line or file.</summary>
    public static string? Field(string path, string name) =>
        File.Exists(path) ? File.ReadLines(path).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?[name.Length..].Trim() : null;
}

using System.Globalization;
using System.Runtime.InteropServices;
using Aria.Cli.Nodes;

namespace Aria.Cli.Benchmarks;

/// <summary>The machine that figures were measured on.</summary>
internal sealed record BenchEnvironment(string Cpu, int LogicalCpus, string Architecture, string OperatingSystem, string Runtime, string Software, double? LoadAverage)
{
    public static BenchEnvironment Here() => new(
        CpuName(), Environment.ProcessorCount, RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(), RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription, NodeStart.Software, OneMinuteLoad());

    /// <summary>Most memory this process ever had in RAM, in bytes; null where the system does not tell.</summary>
    public static long? PeakResidentBytes() =>
        Field("/proc/self/status", "VmHWM:") is { } text && long.TryParse(text.Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture, out long kib) ? kib << 10 : null;

    private static string CpuName() => Field("/proc/cpuinfo", "model name")?.TrimStart(':', ' ', '\t') ?? "unknown";

    // Tells a reader whether the machine was quiet.
    private static double? OneMinuteLoad() =>
        File.Exists("/proc/loadavg") && double.TryParse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture, out double load) ? load : null;

    private static string? Field(string path, string name) =>
        File.Exists(path) ? File.ReadLines(path).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?[name.Length..].Trim() : null;
}

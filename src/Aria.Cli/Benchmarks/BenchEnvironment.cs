using System.Globalization;
using System.Runtime.InteropServices;
using Aria.Cli.Nodes;

namespace Aria.Cli.Benchmarks;

/// <summary>The machine that figures were measured on, as it was when the run began.</summary>
/// <param name="Cpu">The processor's name.</param>
/// <param name="LogicalCpus">Processors that this process may use.</param>
/// <param name="Architecture">Such as <c>x64</c>.</param>
/// <param name="OperatingSystem">With its version.</param>
/// <param name="Runtime">The .NET runtime.</param>
/// <param name="Software">ARIA's name and version.</param>
/// <param name="Commit">At which the checkout is that it stands in; null outside of one.</param>
/// <param name="FrequencyGovernor">Linux's; null where the machine shows none.</param>
/// <param name="LoadAverage">Of the minute before: tells a reader whether the machine was quiet.</param>
/// <param name="MeasuredAt">When the run began, in UTC.</param>
internal sealed record BenchEnvironment(
    string Cpu,
    int LogicalCpus,
    string Architecture,
    string OperatingSystem,
    string Runtime,
    string Software,
    string? Commit,
    string? FrequencyGovernor,
    double? LoadAverage,
    DateTimeOffset MeasuredAt)
{
    private const string GovernorFile = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";

    public static BenchEnvironment Here(TimeProvider time) => new(
        CpuName(), Environment.ProcessorCount, RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(), RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription, NodeStart.Software, SourceCommit.Find(AppContext.BaseDirectory), Governor(), OneMinuteLoad(), time.GetUtcNow());

    private static string CpuName() => ProcFile.Field("/proc/cpuinfo", "model name")?.TrimStart(':', ' ', '\t') ?? "unknown";

    private static string? Governor() => File.Exists(GovernorFile) ? File.ReadAllText(GovernorFile).Trim() : null;

    private static double? OneMinuteLoad() =>
        File.Exists("/proc/loadavg") && double.TryParse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture, out double load) ? load : null;
}

using System.Globalization;

namespace Aria.Cli.Benchmarks;

/// <summary>Most memory that this process had in RAM at once, mapped files included, as Linux counts it.</summary>
internal static class PeakMemory
{
    /// <summary>In bytes; null where the system does not tell.</summary>
    public static long? Bytes =>
        ProcFile.Field("/proc/self/status", "VmHWM:") is { } text && long.TryParse(text.Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture, out long kib) ? kib << 10 : null;

    /// <summary>Forgets the peak, so that the next model is not charged for the one before. False where the system does not let us.</summary>
    public static bool Reset()
    {
        try
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}

using System.Globalization;

namespace Aria.Node;

/// <summary>The memory of this machine, or of the container that the process is in.</summary>
public static class MachineMemory
{
    /// <summary>Bytes that can be taken without pushing others out, as the system estimates them.</summary>
    public static long AvailableBytes()
    {
        const string Field = "MemAvailable:";
        long limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        string? line = File.Exists("/proc/meminfo") ? File.ReadLines("/proc/meminfo").FirstOrDefault(text => text.StartsWith(Field, StringComparison.Ordinal)) : null;
        return line is not null && long.TryParse(line[Field.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture, out long kib)
            ? Math.Min(kib << 10, limit)
            : limit;
    }
}

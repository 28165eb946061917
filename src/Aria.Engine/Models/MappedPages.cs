using System.Runtime.InteropServices;

namespace Aria.Engine.Models;

/// <summary>Pages of a mapped file that were read and will not be soon: given back, so that a model need not stand in memory twice. They are read again when touched.</summary>
internal static unsafe partial class MappedPages
{
    private const int MadviseDontNeed = 4;

    /// <summary>Gives back the pages that lie wholly within.</summary>
    public static void Release(byte* start, long bytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        long page = Environment.SystemPageSize;
        long first = ((long)start + page - 1) / page * page;
        long end = ((long)start + bytes) / page * page;
        if (end > first)
        {
            _ = Madvise((void*)first, (nuint)(end - first), MadviseDontNeed);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Madvise(void* address, nuint length, int advice);
}

using System.Runtime.InteropServices;

namespace Aria.Engine.Execution;

/// <summary>Pages of 2 MiB for memory that is read from end to end for every token; a wish, which Linux may grant and others need not be asked for.</summary>
internal static unsafe partial class LargePages
{
    public const int Bytes = 2 << 20;
    private const int MadviseHugePage = 14;

    /// <summary>Asks for them before the memory is first written to.</summary>
    public static void Prefer(void* memory, nuint bytes)
    {
        if (OperatingSystem.IsLinux())
        {
            _ = Madvise(memory, bytes, MadviseHugePage);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Madvise(void* address, nuint length, int advice);
}

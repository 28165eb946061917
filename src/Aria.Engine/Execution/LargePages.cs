using System.Runtime.InteropServices;

namespace Aria.Engine.Execution;

/// <summary>
/// Memory in pages of 2 MiB, for what is read from end to end for every token; a wish, which Linux may grant and others are not asked for. It comes zeroed and takes no room before
/// it is written to.
/// </summary>
internal static unsafe partial class LargePages
{
    public const int Bytes = 2 << 20;
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;
    private const int MadviseHugePage = 14;

    /// <summary>Such memory, or null where it is too little or cannot be had.</summary>
    public static Block? TryMap(nuint bytes)
    {
        if (!OperatingSystem.IsLinux() || bytes < Bytes)
        {
            return null;
        }

        nuint length = checked(bytes + Bytes);
        nint mapping = Map(0, length, ReadWrite, PrivateAnonymous, -1, 0);
        if (mapping == -1)
        {
            return null;
        }

        nint start = (mapping + Bytes - 1) & ~(nint)(Bytes - 1);
        _ = Advise(start, bytes, MadviseHugePage);
        return new(start, mapping, length);
    }

    public static void Unmap(Block block) => _ = Unmap(block.Mapping, block.Length);

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(nint address, nuint length, int advice);

    /// <summary>Where it starts, and the mapping around it.</summary>
    internal readonly record struct Block(nint Start, nint Mapping, nuint Length);
}

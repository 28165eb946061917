using System.Runtime.InteropServices;

namespace Aria.Libp2p.Benchmarks;

/// <summary>What the C library's allocator has given out and not got back (glibc 2.33 or later).</summary>
internal static partial class NativeHeap
{
    public static long LiveBytes
    {
        get
        {
            MallInfo info = Read();
            return (long)(info.UsedBytes + info.MappedBytes);
        }
    }

    [LibraryImport("libc", EntryPoint = "mallinfo2")]
    private static partial MallInfo Read();

    [StructLayout(LayoutKind.Sequential)]
    private struct MallInfo
    {
        public nuint ArenaBytes, FreeChunks, FastChunks, MappedRegions, MappedBytes, Unused, FastBytes, UsedBytes, FreeBytes, TrimmableBytes;
    }
}

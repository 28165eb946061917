using System.Reflection;
using System.Runtime.InteropServices;
using Aria.Engine.Numerics;

namespace Aria.Engine.Kernels;

/// <summary>The function table of the C++ library, as native/include/aria_kernels.h lays it out. The library stays loaded as long as the process lives.</summary>
internal static unsafe class NativeLibraryTable
{
    public const uint Version = 1;
    private const string Library = "aria_kernels";
    private const string Entry = "aria_kernels_get";

    private static readonly Lazy<(nint Get, string? Missing)> Loaded = new(Load);

    /// <summary>Why there is no library; null where there is one.</summary>
    public static string? Missing => Loaded.Value.Missing;

    /// <summary>The tables that this machine can run, the fastest first; none without the library.</summary>
    public static IReadOnlyList<NativeTable> Tables { get; } = ReadTables();

    private static (nint, string?) Load()
    {
        if (!NativeLibrary.TryLoad(Library, Assembly.GetExecutingAssembly(), DllImportSearchPath.AssemblyDirectory, out nint library))
        {
            return (0, $"There is no library '{Library}' beside the program.");
        }

        if (!FloatEnvironment.KeepsSubnormals())
        {
            return (0, $"Loading '{Library}' switched subnormal numbers off.");
        }

        return NativeLibrary.TryGetExport(library, Entry, out nint get) ? (get, null) : (0, $"'{Library}' does not export '{Entry}'.");
    }

    private static List<NativeTable> ReadTables()
    {
        List<NativeTable> tables = [];
        delegate* unmanaged<uint, uint, Layout*> get = (delegate* unmanaged<uint, uint, Layout*>)Loaded.Value.Get;
        for (uint index = 0; get is not null; index++)
        {
            Layout* table = get(Version, index);
            if (table is null || table->Version != Version || table->Size < sizeof(Layout))
            {
                break;
            }

            tables.Add(new(Marshal.PtrToStringAnsi((nint)table->Name) ?? "", (nint)table->Ternary));
        }

        return tables;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Layout
    {
        public uint Version;
        public uint Size;
        public byte* Name;
        public void* Ternary;
    }
}

/// <summary>One set of native functions.</summary>
internal sealed unsafe record NativeTable(string Name, nint TernaryAddress)
{
    /// <inheritdoc cref="IKernels.Ternary"/>
    public void Ternary(byte* weights, int blocks, int rows, sbyte* activations, int tokens, int* products, int stride) =>
        ((delegate* unmanaged<byte*, int, int, sbyte*, int, int*, int, void>)TernaryAddress)(weights, blocks, rows, activations, tokens, products, stride);
}

using System.Reflection;
using System.Runtime.InteropServices;
using Aria.Engine.Numerics;

namespace Aria.Engine.Kernels;

/// <summary>The function table of the C++ library, as native/include/aria_kernels.h lays it out. The library stays loaded as long as the process lives.</summary>
internal static unsafe class NativeLibraryTable
{
    public const uint Version = 2;
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

            NativeTable one = new(Marshal.PtrToStringAnsi((nint)table->Name) ?? "", (nint)table->Ternary);
            if (Agrees(one))
            {
                tables.Add(one);
            }
        }

        return tables;
    }

    // A library from another build, or damaged, computes nothing here.
    private static bool Agrees(NativeTable table)
    {
        const int blocks = 17;
        const int rows = 5;
        const int tokens = 6;
        byte[] weights = new byte[2 * PackedMatrix.GroupRows * blocks * PackedMatrix.BlockBytes];
        sbyte[] activations = new sbyte[tokens * blocks * PackedMatrix.BlockColumns];
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = (byte)((i * 37 % 3) | (i / 3 % 3 << 2) | (i / 7 % 3 << 4) | (i / 11 % 3 << 6));
        }

        for (int i = 0; i < activations.Length; i++)
        {
            activations[i] = (sbyte)((i * 71 % 255) - 127);
        }

        int* expected = stackalloc int[rows * tokens];
        int* found = stackalloc int[rows * tokens];
        fixed (byte* w = weights)
        {
            fixed (sbyte* q = activations)
            {
                ScalarKernels.Ternary(w, blocks, rows, q, tokens, expected, rows);
                table.Ternary(w, blocks, rows, q, tokens, found, rows);
            }
        }

        return new Span<int>(expected, rows * tokens).SequenceEqual(new(found, rows * tokens));
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

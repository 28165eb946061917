using System.Reflection;
using System.Runtime.InteropServices;
using Aria.Engine.Numerics;

namespace Aria.Engine.Kernels;

/// <summary>The function table of the C++ library, as native/include/aria_kernels.h lays it out. The library stays loaded as long as the process lives.</summary>
internal static unsafe class NativeLibraryTable
{
    public const uint Version = 4;
    private const string Library = "aria_kernels";
    private const string Entry = "aria_kernels_get";

    private static readonly Lazy<(nint Get, string? Missing)> Loaded = new(Load);

    /// <summary>Why there is no library; null where there is one.</summary>
    public static string? Missing => Loaded.Value.Missing;

    /// <summary>The tables that this machine can run, the fastest first; none without the library.</summary>
    public static IReadOnlyList<NativeTable> Tables { get; } = ReadTables();

    /// <summary>The fastest of them; null without the library.</summary>
    public static NativeTable? Best => Tables.Count > 0 ? Tables[0] : null;

    private static (nint, string?) Load()
    {
        if (!NativeLibrary.TryLoad(Library, Assembly.GetExecutingAssembly(), DllImportSearchPath.AssemblyDirectory, out nint library))
        {
            return (0, $"There is no library '{Library}' beside the program.");
        }

        if (!FloatEnvironment.IsIeee())
        {
            return (0, $"Loading '{Library}' changed the floating-point mode.");
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

            NativeTable one = new(
                Marshal.PtrToStringAnsi((nint)table->Name) ?? "", (nint)table->Ternary, (nint)table->Screen, (nint)table->GetFloatMode, (nint)table->SetFloatMode,
                table->FloatModeMask, table->FloatModeDefault, (RowGrouping)table->GroupRows);
            if (Enum.IsDefined(one.Grouping) && Agrees(one))
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
        const int rows = 37;
        const int tokens = 11;
        byte[] weights = new byte[40 * blocks * PackedMatrix.BlockBytes];
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
        fixed (byte* w = weights, grouped = Regrouped(weights, blocks, table.Grouping))
        {
            fixed (sbyte* q = activations)
            {
                ScalarKernels.Ternary(w, blocks, rows, q, tokens, expected, rows);
                table.Ternary(grouped, blocks, rows, q, tokens, found, rows);
            }
        }

        return new Span<int>(expected, rows * tokens).SequenceEqual(new(found, rows * tokens)) && ScreenAgrees(table);
    }

    /// <summary>Rows that stand in groups of four, as another grouping has them.</summary>
    internal static byte[] Regrouped(ReadOnlySpan<byte> fours, int blocks, RowGrouping grouping)
    {
        int rows = fours.Length / (blocks * PackedMatrix.BlockBytes);
        byte[] all = new byte[(rows + (int)grouping - 1) / (int)grouping * (int)grouping * blocks * PackedMatrix.BlockBytes];
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < blocks * PackedMatrix.BlockBytes; i++)
            {
                (int block, int m) = Math.DivRem(i, PackedMatrix.BlockBytes);
                all[PackedMatrix.OffsetOf(grouping, blocks, row, block, m)] = fours[(int)PackedMatrix.OffsetOf(RowGrouping.Four, blocks, row, block, m)];
            }
        }

        return all;
    }

    private static bool ScreenAgrees(NativeTable table)
    {
        const int n = 192;
        const int rows = 5;
        const int vectors = 15;
        sbyte* all = stackalloc sbyte[(rows + vectors) * n];
        for (int i = 0; i < (rows + vectors) * n; i++)
        {
            all[i] = (sbyte)((i * 71 % 255) - 127);
        }

        int* expected = stackalloc int[rows * vectors];
        int* found = stackalloc int[rows * vectors];
        ScalarKernels.Screen(all, rows, n, all + (rows * n), vectors, expected, rows);
        table.Screen(all, rows, n, all + (rows * n), vectors, found, rows);
        return new Span<int>(expected, rows * vectors).SequenceEqual(new(found, rows * vectors));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Layout
    {
        public uint Version;
        public uint Size;
        public byte* Name;
        public void* Ternary;
        public void* Screen;
        public void* GetFloatMode;
        public void* SetFloatMode;
        public ulong FloatModeMask;
        public ulong FloatModeDefault;
        public uint GroupRows;
    }
}

/// <summary>One set of native functions; an address of 0 is a function that it lacks.</summary>
internal sealed unsafe record NativeTable(
    string Name, nint TernaryAddress, nint ScreenAddress, nint GetFloatModeAddress, nint SetFloatModeAddress, ulong FloatModeMask, ulong FloatModeDefault,
    RowGrouping Grouping)
{
    /// <summary>The calling thread's floating-point control register; null where it cannot be read here.</summary>
    public ulong? FloatMode
    {
        get => GetFloatModeAddress == 0 ? null : ((delegate* unmanaged<ulong>)GetFloatModeAddress)();
        set
        {
            if (SetFloatModeAddress != 0 && value is { } mode)
            {
                ((delegate* unmanaged<ulong, void>)SetFloatModeAddress)(mode);
            }
        }
    }

    /// <inheritdoc cref="IKernels.Ternary"/>
    public void Ternary(byte* weights, int blocks, int rows, sbyte* activations, int tokens, int* products, int stride) =>
        ((delegate* unmanaged<byte*, int, int, sbyte*, int, int*, int, void>)TernaryAddress)(weights, blocks, rows, activations, tokens, products, stride);

    /// <inheritdoc cref="IKernels.Screen"/>
    public void Screen(sbyte* rows, int count, int n, sbyte* vectors, int vectorCount, int* products, int stride)
    {
        if (ScreenAddress == 0)
        {
            ScreenKernel.Products(rows, count, n, vectors, vectorCount, products, stride);
            return;
        }

        ((delegate* unmanaged<sbyte*, int, int, sbyte*, int, int*, int, void>)ScreenAddress)(rows, count, n, vectors, vectorCount, products, stride);
    }
}

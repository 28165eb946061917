namespace Aria.Engine.Kernels;

/// <summary>The fastest table of the C++ library.</summary>
internal readonly unsafe struct NativeTernary : ITernaryKernel
{
    private static readonly NativeTable? Best = NativeLibraryTable.Best;
    private static readonly delegate* unmanaged<byte*, int, int, sbyte*, int, int*, int, void> Function =
        (delegate* unmanaged<byte*, int, int, sbyte*, int, int*, int, void>)(Best?.TernaryAddress ?? 0);

    public static string Name => $"native-{Best?.Name}";

    public static RowGrouping Grouping => Best?.Grouping ?? RowGrouping.Four;

    public static bool IsSupported => Best is not null;

    /// <summary>
    /// Whether it beats the managed kernels: where it has vpdpbusd in 512 bits or smmla, which .NET cannot emit, or tiles of sdot, which the managed kernels do without. On x86 decoding is as fast either way,
    /// prefill more than twice as fast.
    /// </summary>
    public static bool IsFastest => Best?.Name is "avx512vbmi" or "avx512vnni" or "neon-i8mm" or "neon-dotprod";

    public static void Ternary(byte* weights, int blocks, int rows, sbyte* activations, int tokens, int* products, int stride) =>
        Function(weights, blocks, rows, activations, tokens, products, stride);

    public static void Screen(sbyte* rows, int count, int n, sbyte* vectors, int vectorCount, int* products, int stride) =>
        Best!.Screen(rows, count, n, vectors, vectorCount, products, stride);
}

namespace Aria.Engine.Kernels;

/// <summary>The fastest table of the C++ library.</summary>
internal readonly unsafe struct NativeTernary : ITernaryKernel
{
    private static readonly NativeTable? Best = NativeLibraryTable.Tables.Count > 0 ? NativeLibraryTable.Tables[0] : null;
    private static readonly delegate* unmanaged<byte*, int, int, sbyte*, int, int*, int, void> Function =
        (delegate* unmanaged<byte*, int, int, sbyte*, int, int*, int, void>)(Best?.TernaryAddress ?? 0);

    public static string Name => $"native-{Best?.Name}";

    public static bool IsSupported => Best is not null;

    public static void Ternary(byte* weights, int blocks, int rows, sbyte* activations, int tokens, int* products, int stride) =>
        Function(weights, blocks, rows, activations, tokens, products, stride);
}

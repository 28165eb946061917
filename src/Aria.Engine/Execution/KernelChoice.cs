using Aria.Engine.Kernels;

namespace Aria.Engine.Execution;

/// <summary>Which kernels serve a path on this machine; chosen once, when an engine is made.</summary>
/// <param name="Grouping">How they want the rows of matrices.</param>
/// <param name="Prepare">An executor on such weights.</param>
internal sealed record KernelChoice(RowGrouping Grouping, Func<SpanWeights, ComputeTeam, Executor> Prepare)
{
    /// <exception cref="PlatformNotSupportedException">The path cannot run here.</exception>
    public static KernelChoice Of(KernelPath path) => path switch
    {
        KernelPath.Scalar => On<ScalarKernels>(),
        KernelPath.Native when !NativeTernary.IsSupported =>
            throw new PlatformNotSupportedException(NativeLibraryTable.Missing ?? "The native library has no functions for this machine."),
        KernelPath.Native => On<VectorKernels<NativeTernary>>(),
        KernelPath.Auto when NativeTernary.IsFastest => On<VectorKernels<NativeTernary>>(),
        _ when Avx512Ternary.IsSupported => On<VectorKernels<Avx512Ternary>>(),
        _ when Avx2Ternary.IsSupported => On<VectorKernels<Avx2Ternary>>(),
        _ => On<VectorKernels<PortableTernary>>(),
    };

    private static KernelChoice On<TKernels>()
        where TKernels : IKernels => new(TKernels.Grouping, (weights, team) => new Executor<TKernels>(weights, team));
}

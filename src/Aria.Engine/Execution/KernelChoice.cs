using Aria.Engine.Kernels;

namespace Aria.Engine.Execution;

/// <summary>Which kernels serve a path on this machine; chosen once, when an engine is made.</summary>
internal static class KernelChoice
{
    /// <exception cref="PlatformNotSupportedException">The path cannot run here.</exception>
    public static Func<SpanWeights, ComputeTeam, Executor> Of(KernelPath path) => path switch
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

    private static Func<SpanWeights, ComputeTeam, Executor> On<TKernels>()
        where TKernels : IKernels => (weights, team) => new Executor<TKernels>(weights, team);
}

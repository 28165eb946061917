using Aria.Engine.Kernels;

namespace Aria.Engine.Execution;

/// <summary>Which kernels serve a path on this machine; chosen once, when an engine is made.</summary>
internal static class KernelChoice
{
    /// <exception cref="PlatformNotSupportedException">The path cannot run here.</exception>
    public static Func<SpanWeights, ComputeTeam, Executor> Of(KernelPath path) => path switch
    {
        KernelPath.Scalar => (weights, team) => new Executor<ScalarKernels>(weights, team),
        KernelPath.Native when NativeTernary.IsSupported => (weights, team) => new Executor<VectorKernels<NativeTernary>>(weights, team),
        KernelPath.Native => throw new PlatformNotSupportedException(NativeLibraryTable.Missing ?? "The native library has no functions for this machine."),
        _ when Avx512Ternary.IsSupported => (weights, team) => new Executor<VectorKernels<Avx512Ternary>>(weights, team),
        _ when Avx2Ternary.IsSupported => (weights, team) => new Executor<VectorKernels<Avx2Ternary>>(weights, team),
        _ => (weights, team) => new Executor<VectorKernels<PortableTernary>>(weights, team),
    };
}

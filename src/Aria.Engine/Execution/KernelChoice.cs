using Aria.Engine.Kernels;

namespace Aria.Engine.Execution;

/// <summary>Which kernels serve a path on this machine; chosen once, when an engine is made.</summary>
internal static class KernelChoice
{
    /// <exception cref="PlatformNotSupportedException">The path cannot run here.</exception>
    public static Func<SpanWeights, ComputeTeam, Executor> Of(KernelPath path) => path switch
    {
        _ => (weights, team) => new Executor<ScalarKernels>(weights, team),
    };
}

namespace Aria.Engine.Execution;

/// <summary>Which kernels compute; all give the same bits.</summary>
public enum KernelPath
{
    /// <summary>The fastest there is on this machine.</summary>
    Auto = 0,

    /// <summary>The scalar reference.</summary>
    Scalar = 1,

    /// <summary>The best managed vector kernels of this machine.</summary>
    Simd = 2,

    /// <summary>The C++ library; an error where it is absent.</summary>
    Native = 3,
}

/// <summary>How an engine computes; none of it changes a bit of the result.</summary>
public sealed record EngineOptions
{
    /// <summary>Most threads an engine takes.</summary>
    public const int MaxThreads = 256;

    /// <summary>Compute threads, the caller's included: 1 to <see cref="MaxThreads"/>.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>The kernels.</summary>
    public KernelPath Kernels { get; init; } = KernelPath.Auto;
}

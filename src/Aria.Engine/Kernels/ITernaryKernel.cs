namespace Aria.Engine.Kernels;

/// <summary>The integer products alone: what differs most between instruction sets. Exact, so any order of summing will do.</summary>
internal unsafe interface ITernaryKernel
{
    static abstract string Name { get; }

    /// <inheritdoc cref="IKernels.Ternary"/>
    static abstract void Ternary(byte* weights, int blocks, int rows, sbyte* activations, int tokens, int* products, int stride);
}

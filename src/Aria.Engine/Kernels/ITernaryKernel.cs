namespace Aria.Engine.Kernels;

/// <summary>The products of whole numbers alone: what differs most between instruction sets. Exact, so any order of summing will do.</summary>
internal unsafe interface ITernaryKernel
{
    static abstract string Name { get; }

    /// <inheritdoc cref="IKernels.Grouping"/>
    static virtual RowGrouping Grouping => RowGrouping.Four;

    /// <inheritdoc cref="IKernels.Ternary"/>
    static abstract void Ternary(byte* weights, int blocks, int rows, sbyte* activations, int tokens, int* products, int stride);

    /// <inheritdoc cref="IKernels.Screen"/>
    static virtual void Screen(sbyte* rows, int count, int n, sbyte* vectors, int vectorCount, int* products, int stride) =>
        ScreenKernel.Products(rows, count, n, vectors, vectorCount, products, stride);
}

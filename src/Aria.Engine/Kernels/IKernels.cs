using Aria.Engine.Models;
using Aria.Engine.Models.Gguf;

namespace Aria.Engine.Kernels;

/// <summary>
/// The inner loops of a layer and of the head (specs/numerics.md). Every implementation gives the bits of <see cref="ScalarKernels"/>. Pointers need no alignment; lengths are any.
/// </summary>
internal unsafe interface IKernels
{
    /// <summary>Such as <c>avx512</c>.</summary>
    static abstract string Name { get; }

    /// <summary>How <see cref="Ternary"/> wants the rows of a matrix.</summary>
    static abstract RowGrouping Grouping { get; }

    /// <summary>Whether large heads are screened in eight bits first; what comes out is the same.</summary>
    static abstract bool ScreensHead { get; }

    /// <summary>
    /// products[t · stride + r] = Σ code · activation for <paramref name="rows"/> packed rows of <paramref name="blocks"/> blocks, from the first of a group on (<see cref="PackedMatrix"/>), and
    /// <paramref name="tokens"/> activation rows of <paramref name="blocks"/> · 256, each within ±127. §3
    /// </summary>
    static abstract void Ternary(byte* weights, int blocks, int rows, sbyte* activations, int tokens, int* products, int stride);

    /// <summary>
    /// products[v · stride + r] = Σ row · vector for <paramref name="count"/> rows and <paramref name="vectorCount"/> vectors of <paramref name="n"/> bytes, a multiple of
    /// <see cref="ScreenKernel.Grain"/> and at most <see cref="ScreenKernel.MaxColumns"/>, each within ±127. Not part of the numeric rules: what comes of it bounds logits.
    /// </summary>
    static abstract void Screen(sbyte* rows, int count, int n, sbyte* vectors, int vectorCount, int* products, int stride);

    /// <summary>y[i] = (products[i] − sum) · factor, added to y where <paramref name="add"/>. §3</summary>
    static abstract void Scale(int* products, int n, int sum, float factor, bool add, float* y);

    /// <summary>y = weight · x / root mean square. §2</summary>
    static abstract void RmsNorm(float* x, float* weight, int n, float epsilon, float* y);

    /// <summary>Eight-bit activations, their scale and their sum; false where x holds NaN or an infinity. §3</summary>
    static abstract bool Quantise(float* x, int n, sbyte* q, out float scale, out int sum);

    /// <summary>Turns one head in place. §5</summary>
    static abstract void Rotate(float* head, float* cosines, float* sines, int headDim, RopePairing pairing);

    /// <summary>y = x rounded to f16; false where one is no finite f16.</summary>
    static abstract bool ToHalf(float* x, int n, ushort* y);

    /// <summary>x rounded to f16 in place; false where one is no finite f16.</summary>
    static abstract bool RoundToHalf(float* x, int n);

    /// <summary>
    /// Queries of one head width that share keys and values (positions, headDim) in f16, and their outputs. <paramref name="weights"/> is room for as many f32 as the last query has
    /// positions, for each query. §6
    /// </summary>
    static abstract void Attend(in AttentionQueries queries, ushort* keys, ushort* values, int headDim, float scale, float* weights);

    /// <summary>y = activation(gate) · up; y may be either. §6</summary>
    static abstract void Gate(float* gate, float* up, int n, GateActivation activation, float* y);

    /// <summary>Whether no element is NaN or an infinity.</summary>
    static abstract bool AllFinite(float* x, int n);

    /// <summary>logits[r] = row r · x for <paramref name="count"/> rows; x holds f16 values. <paramref name="row"/> is room for n f32. §7</summary>
    static abstract void Logits(TensorType type, byte* rows, long rowBytes, int count, int n, float* x, float* logits, float* row);
}

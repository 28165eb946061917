using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Aria.Engine.Kernels;

internal readonly unsafe partial struct VectorKernels<TTernary>
{
    private const int BytesAhead = 4096;
    private const int LineBytes = 64;

    // One query that shares its keys and values with no other: as fast as they come from memory, where they are asked for ahead, the values after the keys.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AttendOne512(float* query, ushort* keys, ushort* values, int headDim, int positions, float scale, float* weights, float* output)
    {
        byte* keysEnd = (byte*)(keys + ((long)positions * headDim));
        int j = 0;
        for (; j <= positions - 4; j += 4)
        {
            ushort* key = keys + ((long)j * headDim);
            byte* ahead = (byte*)key + BytesAhead;
            Vector128<float> products = FourKeys(query, key, headDim, ahead < keysEnd ? ahead : (byte*)values + (ahead - keysEnd));
            (products * Vector128.Create(scale)).Store(weights + j);
        }

        for (; j < positions; j++)
        {
            weights[j] = DotOfHalves(query, keys + ((long)j * headDim), headDim) * scale;
        }

        Vector512<float> divisor = Vector512.Create((float)Weigh(weights, positions, Largest(weights, positions)));
        for (int d = 0; d < headDim; d += 4 * Lanes)
        {
            WeighColumns(weights, values + d, headDim, Math.Min(4 * Lanes, headDim - d), positions, divisor, output + d);
        }
    }

    // Σ weight · value by position for 32, 64, 96 or 128 columns, then the division.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WeighColumns(float* weights, ushort* values, int headDim, int columns, int positions, Vector512<float> divisor, float* output)
    {
        Vector512<float> a0 = Vector512<float>.Zero;
        Vector512<float> a1 = a0;
        Vector512<float> b0 = a0;
        Vector512<float> b1 = a0;
        Vector512<float> c0 = a0;
        Vector512<float> c1 = a0;
        Vector512<float> d0 = a0;
        Vector512<float> d1 = a0;
        ushort* value = values;
        for (int j = 0; j < positions; j++, value += headDim)
        {
            byte* ahead = (byte*)value + BytesAhead;
            Vector512<float> weight = Vector512.Create(weights[j]);
            Sse.Prefetch0(ahead);
            a0 = Avx512F.FusedMultiplyAdd(weight, SixteenHalves(value), a0);
            a1 = Avx512F.FusedMultiplyAdd(weight, SixteenHalves(value + HalfLanes), a1);
            if (columns > Lanes)
            {
                Sse.Prefetch0(ahead + LineBytes);
                b0 = Avx512F.FusedMultiplyAdd(weight, SixteenHalves(value + Lanes), b0);
                b1 = Avx512F.FusedMultiplyAdd(weight, SixteenHalves(value + Lanes + HalfLanes), b1);
            }

            if (columns > 2 * Lanes)
            {
                Sse.Prefetch0(ahead + (2 * LineBytes));
                c0 = Avx512F.FusedMultiplyAdd(weight, SixteenHalves(value + (2 * Lanes)), c0);
                c1 = Avx512F.FusedMultiplyAdd(weight, SixteenHalves(value + (2 * Lanes) + HalfLanes), c1);
            }

            if (columns > 3 * Lanes)
            {
                Sse.Prefetch0(ahead + (3 * LineBytes));
                d0 = Avx512F.FusedMultiplyAdd(weight, SixteenHalves(value + (3 * Lanes)), d0);
                d1 = Avx512F.FusedMultiplyAdd(weight, SixteenHalves(value + (3 * Lanes) + HalfLanes), d1);
            }
        }

        Divide(a0, a1, divisor, output);
        if (columns > Lanes)
        {
            Divide(b0, b1, divisor, output + Lanes);
        }

        if (columns > 2 * Lanes)
        {
            Divide(c0, c1, divisor, output + (2 * Lanes));
        }

        if (columns > 3 * Lanes)
        {
            Divide(d0, d1, divisor, output + (3 * Lanes));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Divide(Vector512<float> low, Vector512<float> high, Vector512<float> divisor, float* output)
    {
        (low / divisor).Store(output);
        (high / divisor).Store(output + HalfLanes);
    }

    // A query times the keys of four positions that follow each other.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> FourKeys(float* query, ushort* key, int headDim, byte* ahead)
    {
        Vector512<float> a0 = Vector512<float>.Zero;
        Vector512<float> a1 = a0;
        Vector512<float> b0 = a0;
        Vector512<float> b1 = a0;
        Vector512<float> c0 = a0;
        Vector512<float> c1 = a0;
        Vector512<float> d0 = a0;
        Vector512<float> d1 = a0;
        ushort* second = key + headDim;
        ushort* third = second + headDim;
        ushort* fourth = third + headDim;
        for (int i = 0; i < headDim; i += Lanes, ahead += 4 * LineBytes)
        {
            Sse.Prefetch0(ahead);
            Sse.Prefetch0(ahead + LineBytes);
            Sse.Prefetch0(ahead + (2 * LineBytes));
            Sse.Prefetch0(ahead + (3 * LineBytes));
            Vector512<float> low = Vector512.Load(query + i);
            Vector512<float> high = Vector512.Load(query + i + HalfLanes);
            a0 = Avx512F.FusedMultiplyAdd(low, SixteenHalves(key + i), a0);
            a1 = Avx512F.FusedMultiplyAdd(high, SixteenHalves(key + i + HalfLanes), a1);
            b0 = Avx512F.FusedMultiplyAdd(low, SixteenHalves(second + i), b0);
            b1 = Avx512F.FusedMultiplyAdd(high, SixteenHalves(second + i + HalfLanes), b1);
            c0 = Avx512F.FusedMultiplyAdd(low, SixteenHalves(third + i), c0);
            c1 = Avx512F.FusedMultiplyAdd(high, SixteenHalves(third + i + HalfLanes), c1);
            d0 = Avx512F.FusedMultiplyAdd(low, SixteenHalves(fourth + i), d0);
            d1 = Avx512F.FusedMultiplyAdd(high, SixteenHalves(fourth + i + HalfLanes), d1);
        }

        return FourTrees(a0 + a1, b0 + b1, c0 + c1, d0 + d1);
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Aria.Engine.Kernels;

internal readonly unsafe partial struct VectorKernels<TTernary>
{
    private const int HalfLanes = 16;

    // Two heads that share keys and values: each f16 is widened once for both. Weights of the second head follow those of the first.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AttendPair(float* queries, ushort* keys, ushort* values, int headDim, int positions, float scale, float* weights, float* output)
    {
        float* first = weights;
        float* second = weights + positions;
        float* next = queries + headDim;
        int j = 0;
        for (; j <= positions - 2; j += 2)
        {
            Vector128<float> scores = FourDots(queries, next, keys + ((long)j * headDim), headDim) * Vector128.Create(scale);
            first[j] = scores.ToScalar();
            second[j] = scores.GetElement(1);
            first[j + 1] = scores.GetElement(2);
            second[j + 1] = scores.GetElement(3);
        }

        if (j < positions)
        {
            first[j] = DotOfHalves(queries, keys + ((long)j * headDim), headDim) * scale;
            second[j] = DotOfHalves(next, keys + ((long)j * headDim), headDim) * scale;
        }

        float firstDivisor = (float)Weigh(first, positions, Largest(first, positions));
        float secondDivisor = (float)Weigh(second, positions, Largest(second, positions));
        for (int d = 0; d < headDim; d += Lanes)
        {
            Vector512<float> a = Vector512<float>.Zero;
            Vector512<float> b = a;
            Vector512<float> c = a;
            Vector512<float> e = a;
            ushort* value = values + d;
            for (j = 0; j < positions; j++, value += headDim)
            {
                Vector512<float> low = SixteenHalves(value);
                Vector512<float> high = SixteenHalves(value + HalfLanes);
                Vector512<float> weight = Vector512.Create(first[j]);
                a = Avx512F.FusedMultiplyAdd(weight, low, a);
                b = Avx512F.FusedMultiplyAdd(weight, high, b);
                weight = Vector512.Create(second[j]);
                c = Avx512F.FusedMultiplyAdd(weight, low, c);
                e = Avx512F.FusedMultiplyAdd(weight, high, e);
            }

            (a / Vector512.Create(firstDivisor)).Store(output + d);
            (b / Vector512.Create(firstDivisor)).Store(output + d + HalfLanes);
            (c / Vector512.Create(secondDivisor)).Store(output + headDim + d);
            (e / Vector512.Create(secondDivisor)).Store(output + headDim + d + HalfLanes);
        }
    }

    // Two queries times the keys of two positions: q·k, q'·k, q·k', q'·k'. Each is a lane sum in two vectors; the products are exact.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Vector128<float> FourDots(float* query, float* next, ushort* key, int headDim)
    {
        Vector512<float> a0 = Vector512<float>.Zero;
        Vector512<float> a1 = a0;
        Vector512<float> b0 = a0;
        Vector512<float> b1 = a0;
        Vector512<float> c0 = a0;
        Vector512<float> c1 = a0;
        Vector512<float> d0 = a0;
        Vector512<float> d1 = a0;
        for (int i = 0; i < headDim; i += Lanes)
        {
            Vector512<float> x0 = Vector512.Load(query + i);
            Vector512<float> x1 = Vector512.Load(query + i + HalfLanes);
            Vector512<float> y0 = Vector512.Load(next + i);
            Vector512<float> y1 = Vector512.Load(next + i + HalfLanes);
            Vector512<float> k0 = SixteenHalves(key + i);
            Vector512<float> k1 = SixteenHalves(key + i + HalfLanes);
            a0 = Avx512F.FusedMultiplyAdd(x0, k0, a0);
            a1 = Avx512F.FusedMultiplyAdd(x1, k1, a1);
            b0 = Avx512F.FusedMultiplyAdd(y0, k0, b0);
            b1 = Avx512F.FusedMultiplyAdd(y1, k1, b1);
            k0 = SixteenHalves(key + headDim + i);
            k1 = SixteenHalves(key + headDim + i + HalfLanes);
            c0 = Avx512F.FusedMultiplyAdd(x0, k0, c0);
            c1 = Avx512F.FusedMultiplyAdd(x1, k1, c1);
            d0 = Avx512F.FusedMultiplyAdd(y0, k0, d0);
            d1 = Avx512F.FusedMultiplyAdd(y1, k1, d1);
        }

        return FourTrees(a0 + a1, b0 + b1, c0 + c1, d0 + d1);
    }

    // The last four steps of four lane sums: lanes 8, 4, 2 and 1 apart, in that order.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> FourTrees(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
    {
        Vector128<float> a4 = Four(a);
        Vector128<float> b4 = Four(b);
        Vector128<float> c4 = Four(c);
        Vector128<float> d4 = Four(d);
        Vector128<float> ab = Sse.UnpackLow(a4, b4) + Sse.UnpackHigh(a4, b4);
        Vector128<float> cd = Sse.UnpackLow(c4, d4) + Sse.UnpackHigh(c4, d4);
        return Sse.MoveLowToHigh(ab, cd) + Sse.MoveHighToLow(cd, ab);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Four(Vector512<float> lanes)
    {
        Vector256<float> eight = lanes.GetLower() + lanes.GetUpper();
        return eight.GetLower() + eight.GetUpper();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Largest(float* values, int n)
    {
        Vector256<float> largest = Vector256.Create(float.NegativeInfinity);
        int i = 0;
        for (; i <= n - Width; i += Width)
        {
            largest = Vector256.Max(largest, Vector256.Load(values + i));
        }

        float result = float.NegativeInfinity;
        for (int lane = 0; lane < Width; lane++)
        {
            result = Math.Max(result, largest.GetElement(lane));
        }

        for (; i < n; i++)
        {
            result = Math.Max(result, values[i]);
        }

        return result;
    }
}

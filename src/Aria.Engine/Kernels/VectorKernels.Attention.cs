using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Aria.Engine.Numerics;

namespace Aria.Engine.Kernels;

internal readonly unsafe partial struct VectorKernels<TTernary>
{
    private const int Lanes = 32;
    private const int RowsAhead = 16;

    public static void Attend(in AttentionQueries queries, ushort* keys, ushort* values, int headDim, float scale, float* weights)
    {
        int i = 0;
        if (Avx512F.IsSupported && headDim % Lanes == 0)
        {
            for (; i <= queries.Count - Eight; i += Eight)
            {
                AttendEight(queries, i, keys, values, headDim, scale, weights);
            }

            for (; i <= queries.Count - 4; i += 4)
            {
                AttendFour(queries, i, keys, values, headDim, scale, weights);
            }

            for (; i <= queries.Count - 2; i += 2)
            {
                AttendTwo(queries, i, keys, values, headDim, scale, weights);
            }

            for (; i < queries.Count; i++)
            {
                AttendOne512(queries.Query(i), keys, values, headDim, queries.Positions(i), scale, weights, queries.Output(i));
            }
        }

        for (; i < queries.Count; i++)
        {
            AttendOne(queries.Query(i), keys, values, headDim, queries.Positions(i), scale, weights, queries.Output(i));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AttendOne(float* query, ushort* keys, ushort* values, int headDim, int positions, float scale, float* weights, float* output)
    {
        float largest = float.NegativeInfinity;
        for (int j = 0; j < positions; j++)
        {
            float score = DotOfHalves(query, keys + ((long)j * headDim), headDim) * scale;
            weights[j] = score;
            largest = score > largest ? score : largest;
        }

        WeighValues(weights, (float)Weigh(weights, positions, largest), values, headDim, positions, output);
    }

    // Σ weight · value by position, column by column, then the division.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WeighValues(float* weights, float divisor, ushort* values, int headDim, int positions, float* output)
    {
        int d = 0;
        for (; d <= headDim - Lanes; d += Lanes)
        {
            Vector256<float> a = Vector256<float>.Zero;
            Vector256<float> b = a;
            Vector256<float> c = a;
            Vector256<float> e = a;
            ushort* value = values + d;
            for (int j = 0; j < positions; j++, value += headDim)
            {
                Expect(value, headDim);
                Vector256<float> weight = Vector256.Create(weights[j]);
                a = VectorMath.AddExact(weight, VectorMath.Halves(value), a);
                b = VectorMath.AddExact(weight, VectorMath.Halves(value + Width), b);
                c = VectorMath.AddExact(weight, VectorMath.Halves(value + (2 * Width)), c);
                e = VectorMath.AddExact(weight, VectorMath.Halves(value + (3 * Width)), e);
            }

            Vector256<float> all = Vector256.Create(divisor);
            (a / all).Store(output + d);
            (b / all).Store(output + d + Width);
            (c / all).Store(output + d + (2 * Width));
            (e / all).Store(output + d + (3 * Width));
        }

        for (; d < headDim; d++)
        {
            float sum = 0f;
            for (int j = 0; j < positions; j++)
            {
                float product = weights[j] * Float16.ToSingle(values[((long)j * headDim) + d]);
                sum += product;
            }

            output[d] = sum / divisor;
        }
    }

    // Every row gives one line of memory, a stride that hardware does not see coming.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Expect(ushort* value, int headDim)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(value + ((long)RowsAhead * headDim));
        }
    }

    // Scores to weights in place; their sum is exact, so its order is free.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Weigh(float* weights, int positions, float largest)
    {
        Vector256<int> finite = Vector256<int>.AllBitsSet;
        Vector256<double> low = Vector256<double>.Zero;
        Vector256<double> high = Vector256<double>.Zero;
        int j = 0;
        for (; j <= positions - Width; j += Width)
        {
            Vector256<float> weight = VectorMath.RoundToHalf(VectorMath.Exp(Vector256.Load(weights + j) - Vector256.Create(largest)), ref finite);
            weight.Store(weights + j);
            low += Vector256.WidenLower(weight);
            high += Vector256.WidenUpper(weight);
        }

        Vector256<double> four = low + high;
        double total = (four.GetElement(0) + four.GetElement(1)) + (four.GetElement(2) + four.GetElement(3));
        for (; j < positions; j++)
        {
            weights[j] = Float16.Round(Exponential.Of(weights[j] - largest));
            total += weights[j];
        }

        return total;
    }

    // x of f16 values times a row of f16: every product is exact.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float DotOfHalves(float* x, ushort* row, int n)
    {
        Vector256<float> a = Vector256<float>.Zero;
        Vector256<float> b = a;
        Vector256<float> c = a;
        Vector256<float> d = a;
        int i = 0;
        for (; i <= n - Lanes; i += Lanes)
        {
            a = VectorMath.AddExact(Vector256.Load(x + i), VectorMath.Halves(row + i), a);
            b = VectorMath.AddExact(Vector256.Load(x + i + Width), VectorMath.Halves(row + i + Width), b);
            c = VectorMath.AddExact(Vector256.Load(x + i + (2 * Width)), VectorMath.Halves(row + i + (2 * Width)), c);
            d = VectorMath.AddExact(Vector256.Load(x + i + (3 * Width)), VectorMath.Halves(row + i + (3 * Width)), d);
        }

        if (i == n)
        {
            return VectorMath.Tree(a, b, c, d);
        }

        float* lanes = stackalloc float[Lanes];
        Spill(a, b, c, d, lanes);
        for (; i < n; i++)
        {
            float product = x[i] * Float16.ToSingle(row[i]);
            lanes[i % Lanes] += product;
        }

        return Gather(lanes);
    }

    private static void Spill(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d, float* lanes)
    {
        a.Store(lanes);
        b.Store(lanes + Width);
        c.Store(lanes + (2 * Width));
        d.Store(lanes + (3 * Width));
    }

    private static float Gather(float* lanes) =>
        VectorMath.Tree(Vector256.Load(lanes), Vector256.Load(lanes + Width), Vector256.Load(lanes + (2 * Width)), Vector256.Load(lanes + (3 * Width)));
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Aria.Engine.Kernels;

internal readonly unsafe partial struct VectorKernels<TTernary>
{
    private const int HalfLanes = 16;

    // Queries that share keys and values: each f16 is widened once for all of them. Positions that only the later queries have are theirs alone.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AttendFour(in AttentionQueries queries, int i, ushort* keys, ushort* values, int headDim, float scale, float* weights)
    {
        int room = queries.Room;
        int shared = queries.Positions(i);
        float* query0 = queries.Query(i);
        float* query1 = queries.Query(i + 1);
        float* query2 = queries.Query(i + 2);
        float* query3 = queries.Query(i + 3);
        float* first = weights;
        float* second = first + room;
        float* third = second + room;
        float* fourth = third + room;
        int position = 0;
        for (; position <= shared - 4; position += 4)
        {
            ushort* key = keys + ((long)position * headDim);
            Vector512<float> key0 = FourQueries(query0, query1, query2, query3, key, headDim);
            Vector512<float> key1 = FourQueries(query0, query1, query2, query3, key + headDim, headDim);
            Vector512<float> key2 = FourQueries(query0, query1, query2, query3, key + (2 * headDim), headDim);
            Vector512<float> key3 = FourQueries(query0, query1, query2, query3, key + (3 * headDim), headDim);
            Vector512<float> scores = LastSteps(key0, key1, key2, key3) * Vector512.Create(scale);
            StoreRows(scores, first + position, room);
        }

        for (; position < shared; position++)
        {
            Vector128<float> scores = LastSteps(FourQueries(query0, query1, query2, query3, keys + ((long)position * headDim), headDim)) * Vector128.Create(scale);
            first[position] = scores.ToScalar();
            second[position] = scores.GetElement(1);
            third[position] = scores.GetElement(2);
            fourth[position] = scores.GetElement(3);
        }

        float* divisors = stackalloc float[4];
        for (int q = 0; q < 4; q++)
        {
            divisors[q] = WeighWithOwn(queries, i + q, shared, keys, headDim, scale, weights + (q * room));
        }

        for (int d = 0; d < headDim; d += Lanes)
        {
            Vector512<float> a0 = Vector512<float>.Zero;
            Vector512<float> a1 = a0;
            Vector512<float> b0 = a0;
            Vector512<float> b1 = a0;
            Vector512<float> c0 = a0;
            Vector512<float> c1 = a0;
            Vector512<float> d0 = a0;
            Vector512<float> d1 = a0;
            ushort* value = values + d;
            for (int j = 0; j < shared; j++, value += headDim)
            {
                Expect(value, headDim);
                Vector512<float> low = SixteenHalves(value);
                Vector512<float> high = SixteenHalves(value + HalfLanes);
                Vector512<float> weight = Vector512.Create(first[j]);
                a0 = Avx512F.FusedMultiplyAdd(weight, low, a0);
                a1 = Avx512F.FusedMultiplyAdd(weight, high, a1);
                weight = Vector512.Create(second[j]);
                b0 = Avx512F.FusedMultiplyAdd(weight, low, b0);
                b1 = Avx512F.FusedMultiplyAdd(weight, high, b1);
                weight = Vector512.Create(third[j]);
                c0 = Avx512F.FusedMultiplyAdd(weight, low, c0);
                c1 = Avx512F.FusedMultiplyAdd(weight, high, c1);
                weight = Vector512.Create(fourth[j]);
                d0 = Avx512F.FusedMultiplyAdd(weight, low, d0);
                d1 = Avx512F.FusedMultiplyAdd(weight, high, d1);
            }

            Finish(queries, i, shared, first, value, headDim, divisors[0], a0, a1, d);
            Finish(queries, i + 1, shared, second, value, headDim, divisors[1], b0, b1, d);
            Finish(queries, i + 2, shared, third, value, headDim, divisors[2], c0, c1, d);
            Finish(queries, i + 3, shared, fourth, value, headDim, divisors[3], d0, d1, d);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AttendTwo(in AttentionQueries queries, int i, ushort* keys, ushort* values, int headDim, float scale, float* weights)
    {
        int room = queries.Room;
        int shared = queries.Positions(i);
        float* query = queries.Query(i);
        float* next = queries.Query(i + 1);
        float* first = weights;
        float* second = first + room;
        int j = 0;
        for (; j <= shared - 2; j += 2)
        {
            Vector128<float> scores = FourDots(query, next, keys + ((long)j * headDim), headDim) * Vector128.Create(scale);
            first[j] = scores.ToScalar();
            second[j] = scores.GetElement(1);
            first[j + 1] = scores.GetElement(2);
            second[j + 1] = scores.GetElement(3);
        }

        if (j < shared)
        {
            first[j] = DotOfHalves(query, keys + ((long)j * headDim), headDim) * scale;
            second[j] = DotOfHalves(next, keys + ((long)j * headDim), headDim) * scale;
        }

        float firstDivisor = WeighWithOwn(queries, i, shared, keys, headDim, scale, first);
        float secondDivisor = WeighWithOwn(queries, i + 1, shared, keys, headDim, scale, second);
        for (int d = 0; d < headDim; d += Lanes)
        {
            Vector512<float> a = Vector512<float>.Zero;
            Vector512<float> b = a;
            Vector512<float> c = a;
            Vector512<float> e = a;
            ushort* value = values + d;
            for (j = 0; j < shared; j++, value += headDim)
            {
                Expect(value, headDim);
                Vector512<float> low = SixteenHalves(value);
                Vector512<float> high = SixteenHalves(value + HalfLanes);
                Vector512<float> weight = Vector512.Create(first[j]);
                a = Avx512F.FusedMultiplyAdd(weight, low, a);
                b = Avx512F.FusedMultiplyAdd(weight, high, b);
                weight = Vector512.Create(second[j]);
                c = Avx512F.FusedMultiplyAdd(weight, low, c);
                e = Avx512F.FusedMultiplyAdd(weight, high, e);
            }

            Finish(queries, i, shared, first, value, headDim, firstDivisor, a, b, d);
            Finish(queries, i + 1, shared, second, value, headDim, secondDivisor, c, e, d);
        }
    }

    // The scores of the positions that others do not have, then weights in place of all scores, and their sum.
    private static float WeighWithOwn(in AttentionQueries queries, int i, int shared, ushort* keys, int headDim, float scale, float* scores)
    {
        int positions = queries.Positions(i);
        for (int j = shared; j < positions; j++)
        {
            scores[j] = DotOfHalves(queries.Query(i), keys + ((long)j * headDim), headDim) * scale;
        }

        return (float)Weigh(scores, positions, Largest(scores, positions));
    }

    // The values of those positions, the division, and 32 columns are done.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(
        in AttentionQueries queries, int i, int shared, float* weights, ushort* value, int headDim, float divisor, Vector512<float> low, Vector512<float> high, int column)
    {
        for (int j = shared; j < queries.Positions(i); j++, value += headDim)
        {
            Vector512<float> weight = Vector512.Create(weights[j]);
            low = Avx512F.FusedMultiplyAdd(weight, SixteenHalves(value), low);
            high = Avx512F.FusedMultiplyAdd(weight, SixteenHalves(value + HalfLanes), high);
        }

        float* output = queries.Output(i) + column;
        (low / Vector512.Create(divisor)).Store(output);
        (high / Vector512.Create(divisor)).Store(output + HalfLanes);
    }

    // Four queries times the key of one position, each a lane sum in two vectors that has come to four lanes of its own; the products are exact.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> FourQueries(float* a, float* b, float* c, float* d, ushort* key, int headDim)
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
            Vector512<float> low = SixteenHalves(key + i);
            Vector512<float> high = SixteenHalves(key + i + HalfLanes);
            a0 = Avx512F.FusedMultiplyAdd(Vector512.Load(a + i), low, a0);
            a1 = Avx512F.FusedMultiplyAdd(Vector512.Load(a + i + HalfLanes), high, a1);
            b0 = Avx512F.FusedMultiplyAdd(Vector512.Load(b + i), low, b0);
            b1 = Avx512F.FusedMultiplyAdd(Vector512.Load(b + i + HalfLanes), high, b1);
            c0 = Avx512F.FusedMultiplyAdd(Vector512.Load(c + i), low, c0);
            c1 = Avx512F.FusedMultiplyAdd(Vector512.Load(c + i + HalfLanes), high, c1);
            d0 = Avx512F.FusedMultiplyAdd(Vector512.Load(d + i), low, d0);
            d1 = Avx512F.FusedMultiplyAdd(Vector512.Load(d + i + HalfLanes), high, d1);
        }

        return FourLanesEach(a0 + a1, b0 + b1, c0 + c1, d0 + d1);
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

    // Two steps of four lane sums, lanes 8 and then 4 apart: what is left of each lies in 128 bits, in the order of the arguments.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> FourLanesEach(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
    {
        Vector512<float> ab = Avx512F.Shuffle4x128(a, b, 0b01_00_01_00) + Avx512F.Shuffle4x128(a, b, 0b11_10_11_10);
        Vector512<float> cd = Avx512F.Shuffle4x128(c, d, 0b01_00_01_00) + Avx512F.Shuffle4x128(c, d, 0b11_10_11_10);
        return Avx512F.Shuffle4x128(ab, cd, 0b10_00_10_00) + Avx512F.Shuffle4x128(ab, cd, 0b11_01_11_01);
    }

    // The steps that are left, lanes 2 and then 1 apart: of the sums that lie in the same 128 bits of the arguments there, in the order of the arguments.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> LastSteps(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
    {
        Vector512<float> ab = Avx512F.Shuffle(a, b, 0b01_00_01_00) + Avx512F.Shuffle(a, b, 0b11_10_11_10);
        Vector512<float> cd = Avx512F.Shuffle(c, d, 0b01_00_01_00) + Avx512F.Shuffle(c, d, 0b11_10_11_10);
        return Avx512F.Shuffle(ab, cd, 0b10_00_10_00) + Avx512F.Shuffle(ab, cd, 0b11_01_11_01);
    }

    // The same of one such vector: a sum for each 128 bits of it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> LastSteps(Vector512<float> four)
    {
        Vector512<float> two = four + Avx512F.Shuffle(four, four, 0b01_00_11_10);
        Vector512<float> one = two + Avx512F.Shuffle(two, two, 0b10_11_00_01);
        return Avx512F.PermuteVar16x32(one, Vector512.Create(0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12)).GetLower().GetLower();
    }

    // The last four steps of four lane sums: lanes 8, 4, 2 and 1 apart, in that order.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> FourTrees(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d) => LastSteps(FourLanesEach(a, b, c, d));

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

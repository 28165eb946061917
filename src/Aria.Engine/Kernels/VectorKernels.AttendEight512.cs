using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Aria.Engine.Kernels;

internal readonly unsafe partial struct VectorKernels<TTernary>
{
    private const int Eight = 8;

    // Eight queries that share keys and values, as many as registers hold the sums of: widening an f16 takes as long as four of its products. As AttendFour otherwise.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AttendEight(in AttentionQueries queries, int i, ushort* keys, ushort* values, int headDim, float scale, float* weights)
    {
        int room = queries.Room;
        int shared = queries.Positions(i);
        ScoreEight(queries, i, keys, headDim, scale, weights, shared);
        float* divisors = stackalloc float[Eight];
        for (int q = 0; q < Eight; q++)
        {
            divisors[q] = WeighWithOwn(queries, i + q, shared, keys, headDim, scale, weights + ((long)q * room));
        }

        for (int d = 0; d < headDim; d += Lanes)
        {
            WeighEight(queries, i, values + d, headDim, weights, shared, divisors, d);
        }
    }

    // weights[q, j] = scale · query q · key j for the shared positions j, four of them at a time.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ScoreEight(in AttentionQueries queries, int i, ushort* keys, int headDim, float scale, float* weights, int shared)
    {
        // Sixteen columns of all queries stand together, so that one pointer walks through them.
        float* mixed = stackalloc float[Eight * headDim];
        for (int q = 0; q < Eight; q++)
        {
            for (int d = 0; d < headDim; d += HalfLanes)
            {
                Vector512.Load(queries.Query(i + q) + d).Store(mixed + (Eight * d) + (HalfLanes * q));
            }
        }

        int room = queries.Room;
        int j = 0;
        for (; j <= shared - 4; j += 4)
        {
            ushort* key = keys + ((long)j * headDim);
            EightQueries(mixed, key, headDim, out Vector512<float> a0, out Vector512<float> b0);
            EightQueries(mixed, key + headDim, headDim, out Vector512<float> a1, out Vector512<float> b1);
            EightQueries(mixed, key + (2 * headDim), headDim, out Vector512<float> a2, out Vector512<float> b2);
            EightQueries(mixed, key + (3 * headDim), headDim, out Vector512<float> a3, out Vector512<float> b3);
            StoreRows(LastSteps(a0, a1, a2, a3) * Vector512.Create(scale), weights + j, room);
            StoreRows(LastSteps(b0, b1, b2, b3) * Vector512.Create(scale), weights + j + (4L * room), room);
        }

        for (; j < shared; j++)
        {
            EightQueries(mixed, keys + ((long)j * headDim), headDim, out Vector512<float> first, out Vector512<float> last);
            Vector256<float> scores = Vector256.Create(LastSteps(first), LastSteps(last)) * Vector256.Create(scale);
            for (int q = 0; q < Eight; q++)
            {
                weights[((long)q * room) + j] = scores.GetElement(q);
            }
        }
    }

    // Four columns of four rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRows(Vector512<float> rows, float* place, int room)
    {
        rows.GetLower().GetLower().Store(place);
        rows.GetLower().GetUpper().Store(place + room);
        rows.GetUpper().GetLower().Store(place + (2L * room));
        rows.GetUpper().GetUpper().Store(place + (3L * room));
    }

    // Eight queries times one key, each a lane sum in two vectors that has come to four lanes of its own.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void EightQueries(float* mixed, ushort* key, int headDim, out Vector512<float> firstFour, out Vector512<float> lastFour)
    {
        Vector512<float> a0 = Vector512<float>.Zero;
        Vector512<float> a1 = a0;
        Vector512<float> b0 = a0;
        Vector512<float> b1 = a0;
        Vector512<float> c0 = a0;
        Vector512<float> c1 = a0;
        Vector512<float> d0 = a0;
        Vector512<float> d1 = a0;
        Vector512<float> e0 = a0;
        Vector512<float> e1 = a0;
        Vector512<float> f0 = a0;
        Vector512<float> f1 = a0;
        Vector512<float> g0 = a0;
        Vector512<float> g1 = a0;
        Vector512<float> h0 = a0;
        Vector512<float> h1 = a0;
        ushort* end = key + headDim;
        for (; key < end; key += Lanes, mixed += Eight * Lanes)
        {
            Vector512<float> low = SixteenHalves(key);
            Vector512<float> high = SixteenHalves(key + HalfLanes);
            a0 = Avx512F.FusedMultiplyAdd(low, Vector512.Load(mixed), a0);
            b0 = Avx512F.FusedMultiplyAdd(low, Vector512.Load(mixed + HalfLanes), b0);
            c0 = Avx512F.FusedMultiplyAdd(low, Vector512.Load(mixed + (2 * HalfLanes)), c0);
            d0 = Avx512F.FusedMultiplyAdd(low, Vector512.Load(mixed + (3 * HalfLanes)), d0);
            e0 = Avx512F.FusedMultiplyAdd(low, Vector512.Load(mixed + (4 * HalfLanes)), e0);
            f0 = Avx512F.FusedMultiplyAdd(low, Vector512.Load(mixed + (5 * HalfLanes)), f0);
            g0 = Avx512F.FusedMultiplyAdd(low, Vector512.Load(mixed + (6 * HalfLanes)), g0);
            h0 = Avx512F.FusedMultiplyAdd(low, Vector512.Load(mixed + (7 * HalfLanes)), h0);
            a1 = Avx512F.FusedMultiplyAdd(high, Vector512.Load(mixed + (8 * HalfLanes)), a1);
            b1 = Avx512F.FusedMultiplyAdd(high, Vector512.Load(mixed + (9 * HalfLanes)), b1);
            c1 = Avx512F.FusedMultiplyAdd(high, Vector512.Load(mixed + (10 * HalfLanes)), c1);
            d1 = Avx512F.FusedMultiplyAdd(high, Vector512.Load(mixed + (11 * HalfLanes)), d1);
            e1 = Avx512F.FusedMultiplyAdd(high, Vector512.Load(mixed + (12 * HalfLanes)), e1);
            f1 = Avx512F.FusedMultiplyAdd(high, Vector512.Load(mixed + (13 * HalfLanes)), f1);
            g1 = Avx512F.FusedMultiplyAdd(high, Vector512.Load(mixed + (14 * HalfLanes)), g1);
            h1 = Avx512F.FusedMultiplyAdd(high, Vector512.Load(mixed + (15 * HalfLanes)), h1);
        }

        firstFour = FourLanesEach(a0 + a1, b0 + b1, c0 + c1, d0 + d1);
        lastFour = FourLanesEach(e0 + e1, f0 + f1, g0 + g1, h0 + h1);
    }

    // 32 columns of all eight outputs, from `column` on.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WeighEight(in AttentionQueries queries, int i, ushort* value, int headDim, float* weights, int shared, float* divisors, int column)
    {
        long room = queries.Room;
        Vector512<float> a0 = Vector512<float>.Zero;
        Vector512<float> a1 = a0;
        Vector512<float> b0 = a0;
        Vector512<float> b1 = a0;
        Vector512<float> c0 = a0;
        Vector512<float> c1 = a0;
        Vector512<float> d0 = a0;
        Vector512<float> d1 = a0;
        Vector512<float> e0 = a0;
        Vector512<float> e1 = a0;
        Vector512<float> f0 = a0;
        Vector512<float> f1 = a0;
        Vector512<float> g0 = a0;
        Vector512<float> g1 = a0;
        Vector512<float> h0 = a0;
        Vector512<float> h1 = a0;
        float* at = weights;
        float* fourth = weights + (3 * room);
        float* seventh = fourth + (3 * room);
        for (int j = 0; j < shared; j++, value += headDim, at++, fourth++, seventh++)
        {
            Expect(value, headDim);
            Vector512<float> low = SixteenHalves(value);
            Vector512<float> high = SixteenHalves(value + HalfLanes);
            Weigh(at, low, high, ref a0, ref a1);
            Weigh(at + room, low, high, ref b0, ref b1);
            Weigh(at + (2 * room), low, high, ref c0, ref c1);
            Weigh(fourth, low, high, ref d0, ref d1);
            Weigh(fourth + room, low, high, ref e0, ref e1);
            Weigh(fourth + (2 * room), low, high, ref f0, ref f1);
            Weigh(seventh, low, high, ref g0, ref g1);
            Weigh(seventh + room, low, high, ref h0, ref h1);
        }

        Finish(queries, i, shared, weights, value, headDim, divisors[0], a0, a1, column);
        Finish(queries, i + 1, shared, weights + room, value, headDim, divisors[1], b0, b1, column);
        Finish(queries, i + 2, shared, weights + (2 * room), value, headDim, divisors[2], c0, c1, column);
        Finish(queries, i + 3, shared, weights + (3 * room), value, headDim, divisors[3], d0, d1, column);
        Finish(queries, i + 4, shared, weights + (4 * room), value, headDim, divisors[4], e0, e1, column);
        Finish(queries, i + 5, shared, weights + (5 * room), value, headDim, divisors[5], f0, f1, column);
        Finish(queries, i + 6, shared, weights + (6 * room), value, headDim, divisors[6], g0, g1, column);
        Finish(queries, i + 7, shared, weights + (7 * room), value, headDim, divisors[7], h0, h1, column);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Weigh(float* weight, Vector512<float> low, Vector512<float> high, ref Vector512<float> lowSum, ref Vector512<float> highSum)
    {
        Vector512<float> all = Vector512.Create(*weight);
        lowSum = Avx512F.FusedMultiplyAdd(all, low, lowSum);
        highSum = Avx512F.FusedMultiplyAdd(all, high, highSum);
    }
}

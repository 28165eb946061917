using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Aria.Engine.Kernels;

/// <summary>
/// One load brings four planes of 64 codes; each meets 64 activations in vpmaddubsw. A sum of 16 bits takes 64 of these, 2·2·127 each, before it is folded into 32 bits.
/// Four rows at once, which stand together in memory, times one token or four.
/// </summary>
internal readonly unsafe struct Avx512Ternary : ITernaryKernel
{
    private const int BlocksBeforeFold = 16;        // 16 · 4 planes · 508 = 32512
    private const int Step = PackedMatrix.GroupRows * PackedMatrix.BlockBytes;

    public static string Name => "avx512";

    public static bool IsSupported => Avx512BW.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Ternary(byte* weights, int blocks, int rows, sbyte* activations, int tokens, int* products, int stride)
    {
        long tokenBytes = (long)blocks * PackedMatrix.BlockColumns;
        int t = 0;
        for (; t <= tokens - 4; t += 4)
        {
            sbyte* q = activations + (t * tokenBytes);
            byte* group = weights;
            for (int r = 0; r < rows; r += PackedMatrix.GroupRows, group += (long)blocks * Step)
            {
                Vector128<int> first;
                Vector128<int> second;
                int* at = products + (t * stride) + r;
                TwoRowsFourTokens(group, blocks, q, tokenBytes, out first, out second);
                TwoRowsFourTokens(group + (2 * PackedMatrix.BlockBytes), blocks, q, tokenBytes, out Vector128<int> third, out Vector128<int> fourth);
                for (int one = 0; one < 4; one++, at += stride)
                {
                    Put(Vector128.Create(first.GetElement(one), second.GetElement(one), third.GetElement(one), fourth.GetElement(one)), at, rows - r);
                }
            }
        }

        for (; t < tokens; t++)
        {
            byte* group = weights;
            for (int r = 0; r < rows; r += PackedMatrix.GroupRows, group += (long)blocks * Step)
            {
                Put(FourRows(group, blocks, activations + (t * tokenBytes)), products + (t * stride) + r, rows - r);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(Vector128<int> four, int* products, int rows)
    {
        if (rows >= PackedMatrix.GroupRows)
        {
            four.Store(products);
            return;
        }

        for (int r = 0; r < rows; r++)
        {
            products[r] = four.GetElement(r);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Vector128<int> FourRows(byte* w, int blocks, sbyte* q)
    {
        Vector512<int> sumA = Vector512<int>.Zero;
        Vector512<int> sumB = sumA;
        Vector512<int> sumC = sumA;
        Vector512<int> sumD = sumA;
        for (int start = 0; start < blocks; start += BlocksBeforeFold)
        {
            int end = Math.Min(start + BlocksBeforeFold, blocks);
            Vector512<short> a = Vector512<short>.Zero;
            Vector512<short> b = a;
            Vector512<short> c = a;
            Vector512<short> d = a;
            for (int i = start; i < end; i++, w += Step, q += PackedMatrix.BlockColumns)
            {
                Vector512<sbyte> y0 = Vector512.Load(q);
                Vector512<sbyte> y1 = Vector512.Load(q + 64);
                Vector512<sbyte> y2 = Vector512.Load(q + 128);
                Vector512<sbyte> y3 = Vector512.Load(q + 192);
                a = Add(a, Vector512.Load(w), y0, y1, y2, y3);
                b = Add(b, Vector512.Load(w + 64), y0, y1, y2, y3);
                c = Add(c, Vector512.Load(w + 128), y0, y1, y2, y3);
                d = Add(d, Vector512.Load(w + 192), y0, y1, y2, y3);
            }

            sumA += Fold(a);
            sumB += Fold(b);
            sumC += Fold(c);
            sumD += Fold(d);
        }

        return SumFour(sumA, sumB, sumC, sumD);
    }

    // Two neighbours of a group; each result holds one row's four tokens.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoRowsFourTokens(byte* w, int blocks, sbyte* q, long tokenBytes, out Vector128<int> first, out Vector128<int> second)
    {
        Vector512<int> a0 = Vector512<int>.Zero;
        Vector512<int> a1 = a0;
        Vector512<int> a2 = a0;
        Vector512<int> a3 = a0;
        Vector512<int> b0 = a0;
        Vector512<int> b1 = a0;
        Vector512<int> b2 = a0;
        Vector512<int> b3 = a0;
        for (int start = 0; start < blocks; start += BlocksBeforeFold)
        {
            int end = Math.Min(start + BlocksBeforeFold, blocks);
            Vector512<short> c0 = Vector512<short>.Zero;
            Vector512<short> c1 = c0;
            Vector512<short> c2 = c0;
            Vector512<short> c3 = c0;
            Vector512<short> d0 = c0;
            Vector512<short> d1 = c0;
            Vector512<short> d2 = c0;
            Vector512<short> d3 = c0;
            for (int i = start; i < end; i++, w += Step)
            {
                Vector512<byte> x = Vector512.Load(w);
                Vector512<byte> z = Vector512.Load(w + PackedMatrix.BlockBytes);
                for (int plane = 0; plane < 4; plane++, q += 64)
                {
                    Vector512<byte> xp = x & Vector512.Create((byte)3);
                    Vector512<byte> zp = z & Vector512.Create((byte)3);
                    x = (x.AsUInt16() >>> 2).AsByte();
                    z = (z.AsUInt16() >>> 2).AsByte();
                    Vector512<sbyte> y0 = Vector512.Load(q);
                    c0 += Avx512BW.MultiplyAddAdjacent(xp, y0);
                    d0 += Avx512BW.MultiplyAddAdjacent(zp, y0);
                    Vector512<sbyte> y1 = Vector512.Load(q + tokenBytes);
                    c1 += Avx512BW.MultiplyAddAdjacent(xp, y1);
                    d1 += Avx512BW.MultiplyAddAdjacent(zp, y1);
                    Vector512<sbyte> y2 = Vector512.Load(q + (2 * tokenBytes));
                    c2 += Avx512BW.MultiplyAddAdjacent(xp, y2);
                    d2 += Avx512BW.MultiplyAddAdjacent(zp, y2);
                    Vector512<sbyte> y3 = Vector512.Load(q + (3 * tokenBytes));
                    c3 += Avx512BW.MultiplyAddAdjacent(xp, y3);
                    d3 += Avx512BW.MultiplyAddAdjacent(zp, y3);
                }
            }

            a0 += Fold(c0);
            a1 += Fold(c1);
            a2 += Fold(c2);
            a3 += Fold(c3);
            b0 += Fold(d0);
            b1 += Fold(d1);
            b2 += Fold(d2);
            b3 += Fold(d3);
        }

        first = SumFour(a0, a1, a2, a3);
        second = SumFour(b0, b1, b2, b3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Add(
        Vector512<short> sum, Vector512<byte> codes, Vector512<sbyte> y0, Vector512<sbyte> y1, Vector512<sbyte> y2, Vector512<sbyte> y3)
    {
        Vector512<byte> three = Vector512.Create((byte)3);
        Vector512<short> first = Avx512BW.MultiplyAddAdjacent(codes & three, y0) + Avx512BW.MultiplyAddAdjacent(Plane(codes, 2, 0x0408000000000000), y1);
        Vector512<short> second = Avx512BW.MultiplyAddAdjacent(Plane(codes, 4, 0x1020000000000000), y2) + Avx512BW.MultiplyAddAdjacent(Plane(codes, 6, 0x4080000000000000), y3);
        return sum + (first + second);
    }

    // Bits shift and shift + 1 of every byte: one multiplication in GF(2) by a matrix that picks them, else a shift and a mask.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Plane(Vector512<byte> codes, int shift, ulong matrix) =>
        Gfni.V512.IsSupported
            ? Gfni.V512.GaloisFieldAffineTransform(codes, Vector512.Create(matrix).AsByte(), 0)
            : (codes.AsUInt16() >>> shift).AsByte() & Vector512.Create((byte)3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Fold(Vector512<short> sum) => Avx512BW.MultiplyAddAdjacent(sum, Vector512<short>.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> SumFour(Vector512<int> a, Vector512<int> b, Vector512<int> c, Vector512<int> d)
    {
        Vector256<int> ab = Avx2.HorizontalAdd(a.GetLower() + a.GetUpper(), b.GetLower() + b.GetUpper());
        Vector256<int> cd = Avx2.HorizontalAdd(c.GetLower() + c.GetUpper(), d.GetLower() + d.GetUpper());
        Vector256<int> all = Avx2.HorizontalAdd(ab, cd);
        return all.GetLower() + all.GetUpper();
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Aria.Engine.Kernels;

/// <summary>As <see cref="Avx512Ternary"/>, each block in two halves of 32 bytes: four rows times one token, or two times two.</summary>
internal readonly unsafe struct Avx2Ternary : ITernaryKernel
{
    private const int BlocksBeforeFold = 8;         // 8 · 2 halves · 4 planes · 508 = 32512
    private const int HalfBytes = 32;
    private const int Step = PackedMatrix.GroupRows * PackedMatrix.BlockBytes;

    public static string Name => "avx2";

    public static bool IsSupported => Avx2.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Ternary(byte* weights, int blocks, int rows, sbyte* activations, int tokens, int* products, int stride)
    {
        long tokenBytes = (long)blocks * PackedMatrix.BlockColumns;
        int* four = stackalloc int[PackedMatrix.GroupRows];
        int* next = stackalloc int[PackedMatrix.GroupRows];
        int t = 0;
        for (; t <= tokens - 2; t += 2)
        {
            sbyte* q = activations + (t * tokenBytes);
            byte* group = weights;
            for (int r = 0; r < rows; r += PackedMatrix.GroupRows, group += (long)blocks * Step)
            {
                TwoRowsTwoTokens(group, blocks, q, tokenBytes, four, next);
                TwoRowsTwoTokens(group + (2 * PackedMatrix.BlockBytes), blocks, q, tokenBytes, four + 2, next + 2);
                for (int i = 0; i < Math.Min(PackedMatrix.GroupRows, rows - r); i++)
                {
                    products[(t * stride) + r + i] = four[i];
                    products[((t + 1) * stride) + r + i] = next[i];
                }
            }
        }

        for (; t < tokens; t++)
        {
            byte* group = weights;
            for (int r = 0; r < rows; r += PackedMatrix.GroupRows, group += (long)blocks * Step)
            {
                FourRows(group, blocks, activations + (t * tokenBytes), four);
                for (int i = 0; i < Math.Min(PackedMatrix.GroupRows, rows - r); i++)
                {
                    products[(t * stride) + r + i] = four[i];
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows(byte* w, int blocks, sbyte* q, int* products)
    {
        Vector256<int> sumA = Vector256<int>.Zero;
        Vector256<int> sumB = sumA;
        Vector256<int> sumC = sumA;
        Vector256<int> sumD = sumA;
        for (int start = 0; start < blocks; start += BlocksBeforeFold)
        {
            int end = Math.Min(start + BlocksBeforeFold, blocks);
            Vector256<short> a = Vector256<short>.Zero;
            Vector256<short> b = a;
            Vector256<short> c = a;
            Vector256<short> d = a;
            for (int i = start; i < end; i++, w += Step, q += PackedMatrix.BlockColumns)
            {
                for (int half = 0; half < PackedMatrix.BlockBytes; half += HalfBytes)
                {
                    a = Add(a, Vector256.Load(w + half), q + half);
                    b = Add(b, Vector256.Load(w + 64 + half), q + half);
                    c = Add(c, Vector256.Load(w + 128 + half), q + half);
                    d = Add(d, Vector256.Load(w + 192 + half), q + half);
                }
            }

            sumA += Fold(a);
            sumB += Fold(b);
            sumC += Fold(c);
            sumD += Fold(d);
        }

        products[0] = Integers.Sum(sumA);
        products[1] = Integers.Sum(sumB);
        products[2] = Integers.Sum(sumC);
        products[3] = Integers.Sum(sumD);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoRowsTwoTokens(byte* w, int blocks, sbyte* q, long tokenBytes, int* first, int* second)
    {
        Vector256<int> a0 = Vector256<int>.Zero;
        Vector256<int> a1 = a0;
        Vector256<int> b0 = a0;
        Vector256<int> b1 = a0;
        for (int start = 0; start < blocks; start += BlocksBeforeFold)
        {
            int end = Math.Min(start + BlocksBeforeFold, blocks);
            Vector256<short> c0 = Vector256<short>.Zero;
            Vector256<short> c1 = c0;
            Vector256<short> d0 = c0;
            Vector256<short> d1 = c0;
            for (int i = start; i < end; i++, w += Step, q += PackedMatrix.BlockColumns)
            {
                for (int half = 0; half < PackedMatrix.BlockBytes; half += HalfBytes)
                {
                    Vector256<byte> x = Vector256.Load(w + half);
                    Vector256<byte> z = Vector256.Load(w + PackedMatrix.BlockBytes + half);
                    sbyte* y = q + half;
                    for (int plane = 0; plane < 4; plane++, y += 64)
                    {
                        Vector256<byte> xp = x & Vector256.Create((byte)3);
                        Vector256<byte> zp = z & Vector256.Create((byte)3);
                        x = (x.AsUInt16() >>> 2).AsByte();
                        z = (z.AsUInt16() >>> 2).AsByte();
                        Vector256<sbyte> y0 = Vector256.Load(y);
                        c0 += Avx2.MultiplyAddAdjacent(xp, y0);
                        d0 += Avx2.MultiplyAddAdjacent(zp, y0);
                        Vector256<sbyte> y1 = Vector256.Load(y + tokenBytes);
                        c1 += Avx2.MultiplyAddAdjacent(xp, y1);
                        d1 += Avx2.MultiplyAddAdjacent(zp, y1);
                    }
                }
            }

            a0 += Fold(c0);
            a1 += Fold(c1);
            b0 += Fold(d0);
            b1 += Fold(d1);
        }

        first[0] = Integers.Sum(a0);
        first[1] = Integers.Sum(b0);
        second[0] = Integers.Sum(a1);
        second[1] = Integers.Sum(b1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Add(Vector256<short> sum, Vector256<byte> codes, sbyte* y)
    {
        Vector256<byte> three = Vector256.Create((byte)3);
        Vector256<ushort> pairs = codes.AsUInt16();
        Vector256<short> first = Avx2.MultiplyAddAdjacent(codes & three, Vector256.Load(y))
            + Avx2.MultiplyAddAdjacent((pairs >>> 2).AsByte() & three, Vector256.Load(y + 64));
        Vector256<short> second = Avx2.MultiplyAddAdjacent((pairs >>> 4).AsByte() & three, Vector256.Load(y + 128))
            + Avx2.MultiplyAddAdjacent((pairs >>> 6).AsByte() & three, Vector256.Load(y + 192));
        return sum + (first + second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Fold(Vector256<short> sum) => Avx2.MultiplyAddAdjacent(sum, Vector256<short>.One);
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Aria.Engine.Kernels;

/// <summary>As <see cref="Avx512Ternary"/>, each block in two halves of 32 bytes.</summary>
internal readonly unsafe struct Avx2Ternary : ITernaryKernel
{
    private const int HalvesBeforeFold = 16;        // 16 · 4 planes · 508 = 32512
    private const int HalfBytes = 32;

    public static string Name => "avx2";

    public static bool IsSupported => Avx2.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Ternary(byte* weights, int blocks, int rows, sbyte* activations, int tokens, int* products, int stride)
    {
        long rowBytes = (long)blocks * PackedMatrix.BlockBytes;
        long tokenBytes = (long)blocks * PackedMatrix.BlockColumns;
        int t = 0;
        for (; t <= tokens - 2; t += 2)
        {
            sbyte* q = activations + (t * tokenBytes);
            int r = 0;
            for (; r <= rows - 2; r += 2)
            {
                TwoRowsTwoTokens(weights + (r * rowBytes), rowBytes, blocks, q, tokenBytes, products + (t * stride) + r, stride);
            }

            for (; r < rows; r++)
            {
                products[(t * stride) + r] = OneRow(weights + (r * rowBytes), blocks, q);
                products[((t + 1) * stride) + r] = OneRow(weights + (r * rowBytes), blocks, q + tokenBytes);
            }
        }

        for (; t < tokens; t++)
        {
            sbyte* q = activations + (t * tokenBytes);
            int r = 0;
            for (; r <= rows - 2; r += 2)
            {
                TwoRows(weights + (r * rowBytes), rowBytes, blocks, q, products + (t * stride) + r);
            }

            for (; r < rows; r++)
            {
                products[(t * stride) + r] = OneRow(weights + (r * rowBytes), blocks, q);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoRows(byte* w, long rowBytes, int blocks, sbyte* q, int* products)
    {
        Vector256<int> sumA = Vector256<int>.Zero;
        Vector256<int> sumB = sumA;
        int halves = 2 * blocks;
        for (int start = 0; start < halves; start += HalvesBeforeFold)
        {
            int end = Math.Min(start + HalvesBeforeFold, halves);
            Vector256<short> a = Vector256<short>.Zero;
            Vector256<short> b = a;
            for (int i = start; i < end; i++)
            {
                byte* at = w + ((long)i * HalfBytes);
                sbyte* y = Half(q, i);
                a = Add(a, Vector256.Load(at), y);
                b = Add(b, Vector256.Load(at + rowBytes), y);
            }

            sumA += Fold(a);
            sumB += Fold(b);
        }

        products[0] = Integers.Sum(sumA);
        products[1] = Integers.Sum(sumB);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoRowsTwoTokens(byte* w, long rowBytes, int blocks, sbyte* q, long tokenBytes, int* products, int stride)
    {
        Vector256<int> a0 = Vector256<int>.Zero;
        Vector256<int> a1 = a0;
        Vector256<int> b0 = a0;
        Vector256<int> b1 = a0;
        int halves = 2 * blocks;
        for (int start = 0; start < halves; start += HalvesBeforeFold)
        {
            int end = Math.Min(start + HalvesBeforeFold, halves);
            Vector256<short> c0 = Vector256<short>.Zero;
            Vector256<short> c1 = c0;
            Vector256<short> d0 = c0;
            Vector256<short> d1 = c0;
            for (int i = start; i < end; i++)
            {
                Vector256<byte> x = Vector256.Load(w + ((long)i * HalfBytes));
                Vector256<byte> z = Vector256.Load(w + rowBytes + ((long)i * HalfBytes));
                sbyte* y = Half(q, i);
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

            a0 += Fold(c0);
            a1 += Fold(c1);
            b0 += Fold(d0);
            b1 += Fold(d1);
        }

        products[0] = Integers.Sum(a0);
        products[1] = Integers.Sum(b0);
        products[stride] = Integers.Sum(a1);
        products[stride + 1] = Integers.Sum(b1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int OneRow(byte* w, int blocks, sbyte* q)
    {
        Vector256<int> sum = Vector256<int>.Zero;
        for (int i = 0; i < 2 * blocks; i++)
        {
            sum += Fold(Add(Vector256<short>.Zero, Vector256.Load(w + ((long)i * HalfBytes)), Half(q, i)));
        }

        return Integers.Sum(sum);
    }

    // Where the activations of a half block's first plane begin; the next planes follow 64 apart.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static sbyte* Half(sbyte* q, int index) => q + ((long)(index >> 1) * PackedMatrix.BlockColumns) + ((index & 1) * HalfBytes);

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

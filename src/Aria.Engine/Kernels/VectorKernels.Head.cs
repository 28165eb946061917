using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Aria.Engine.Models.Gguf;

namespace Aria.Engine.Kernels;

internal readonly unsafe partial struct VectorKernels<TTernary>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Logits(TensorType type, byte* rows, long rowBytes, int count, int n, float* x, float* logits, float* row)
    {
        int r = 0;
        if (type == TensorType.F16)
        {
            if (Avx512F.IsSupported && n % Lanes == 0)
            {
                for (; r <= count - 4; r += 4)
                {
                    FourRows((ushort*)(rows + (r * rowBytes)), rowBytes / sizeof(ushort), n, x, logits + r);
                }
            }

            for (; r < count; r++)
            {
                logits[r] = DotOfHalves(x, (ushort*)(rows + (r * rowBytes)), n);
            }

            return;
        }

        for (; r < count; r++)
        {
            if (type != TensorType.F32)
            {
                VectorRows.Decode(type, rows + (r * rowBytes), n, row);
            }

            logits[r] = Dot(type == TensorType.F32 ? (float*)(rows + (r * rowBytes)) : row, x, n);
        }
    }

    // 32 lanes in two vectors, four rows in flight to hide the latency of adding.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows(ushort* rows, long stride, int n, float* x, float* logits)
    {
        Vector512<float> a0 = Vector512<float>.Zero;
        Vector512<float> a1 = a0;
        Vector512<float> b0 = a0;
        Vector512<float> b1 = a0;
        Vector512<float> c0 = a0;
        Vector512<float> c1 = a0;
        Vector512<float> d0 = a0;
        Vector512<float> d1 = a0;
        for (int i = 0; i < n; i += Lanes)
        {
            Vector512<float> x0 = Vector512.Load(x + i);
            Vector512<float> x1 = Vector512.Load(x + i + 16);
            ushort* at = rows + i;
            a0 = Avx512F.FusedMultiplyAdd(x0, SixteenHalves(at), a0);
            a1 = Avx512F.FusedMultiplyAdd(x1, SixteenHalves(at + 16), a1);
            at += stride;
            b0 = Avx512F.FusedMultiplyAdd(x0, SixteenHalves(at), b0);
            b1 = Avx512F.FusedMultiplyAdd(x1, SixteenHalves(at + 16), b1);
            at += stride;
            c0 = Avx512F.FusedMultiplyAdd(x0, SixteenHalves(at), c0);
            c1 = Avx512F.FusedMultiplyAdd(x1, SixteenHalves(at + 16), c1);
            at += stride;
            d0 = Avx512F.FusedMultiplyAdd(x0, SixteenHalves(at), d0);
            d1 = Avx512F.FusedMultiplyAdd(x1, SixteenHalves(at + 16), d1);
        }

        logits[0] = Tree(a0 + a1);
        logits[1] = Tree(b0 + b1);
        logits[2] = Tree(c0 + c1);
        logits[3] = Tree(d0 + d1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Tree(Vector512<float> sixteen) => VectorMath.Tree(sixteen.GetLower() + sixteen.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> SixteenHalves(ushort* source)
    {
        Vector512<int> wide = Avx512F.ConvertToVector512Int32(Vector256.Load((short*)source));
        return ((wide << 13) & Vector512.Create(unchecked((int)0x8fffe000))).AsSingle() * Vector512.Create(5.192296858534828e33f);
    }

    // Products of two f32 are rounded before they are added: nothing is fused here.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Dot(float* row, float* x, int n)
    {
        Vector256<float> a = Vector256<float>.Zero;
        Vector256<float> b = a;
        Vector256<float> c = a;
        Vector256<float> d = a;
        int i = 0;
        for (; i <= n - Lanes; i += Lanes)
        {
            a += Vector256.Load(row + i) * Vector256.Load(x + i);
            b += Vector256.Load(row + i + Width) * Vector256.Load(x + i + Width);
            c += Vector256.Load(row + i + (2 * Width)) * Vector256.Load(x + i + (2 * Width));
            d += Vector256.Load(row + i + (3 * Width)) * Vector256.Load(x + i + (3 * Width));
        }

        float* lanes = stackalloc float[Lanes];
        Spill(a, b, c, d, lanes);
        for (; i < n; i++)
        {
            float product = row[i] * x[i];
            lanes[i % Lanes] += product;
        }

        return Gather(lanes);
    }
}

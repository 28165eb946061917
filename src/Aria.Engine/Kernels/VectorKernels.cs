using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Aria.Engine.Models;
using Aria.Engine.Numerics;

namespace Aria.Engine.Kernels;

/// <summary>
/// The steps of <see cref="ScalarKernels"/> on vectors of 256 bits, which the runtime makes of smaller ones where the machine has none. What does not fill a vector is done by
/// the scalar steps, lane for lane.
/// </summary>
internal readonly unsafe partial struct VectorKernels<TTernary> : IKernels
    where TTernary : ITernaryKernel
{
    private const int Width = 8;

    public static string Name => TTernary.Name;

    public static RowGrouping Grouping => TTernary.Grouping;

    public static bool ScreensHead => true;

    public static void Ternary(byte* weights, int blocks, int rows, sbyte* activations, int tokens, int* products, int stride) =>
        TTernary.Ternary(weights, blocks, rows, activations, tokens, products, stride);

    public static void Screen(sbyte* rows, int count, int n, sbyte* vectors, int vectorCount, int* products, int stride) =>
        TTernary.Screen(rows, count, n, vectors, vectorCount, products, stride);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale(int* products, int n, int sum, float factor, bool add, float* y)
    {
        int i = 0;
        for (; i <= n - Width; i += Width)
        {
            Vector256<float> value = Vector256.ConvertToSingle(Vector256.Load(products + i) - Vector256.Create(sum)) * Vector256.Create(factor);
            (add ? Vector256.Load(y + i) + value : value).Store(y + i);
        }

        ScalarKernels.Scale(products + i, n - i, sum, factor, add, y + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RmsNorm(float* x, float* weight, int n, float epsilon, float* y)
    {
        // Lanes 0 to 3 and 4 to 7; squares of f32 are exact in f64.
        Vector256<double> low = Vector256<double>.Zero;
        Vector256<double> high = Vector256<double>.Zero;
        int i = 0;
        for (; i <= n - Width; i += Width)
        {
            Vector256<float> eight = Vector256.Load(x + i);
            Vector256<double> first = Vector256.WidenLower(eight);
            Vector256<double> second = Vector256.WidenUpper(eight);
            low += first * first;
            high += second * second;
        }

        if (i < n)
        {
            double* lanes = stackalloc double[Width];
            low.Store(lanes);
            high.Store(lanes + 4);
            for (; i < n; i++)
            {
                lanes[i % Width] += (double)x[i] * x[i];
            }

            low = Vector256.Load(lanes);
            high = Vector256.Load(lanes + 4);
        }

        Vector256<double> four = low + high;
        Vector128<double> two = four.GetLower() + four.GetUpper();
        float mean = (float)((two.ToScalar() + two.GetElement(1)) / n);
        float factor = 1f / MathF.Sqrt(mean + epsilon);
        for (i = 0; i <= n - Width; i += Width)
        {
            ((Vector256.Load(x + i) * Vector256.Create(factor)) * Vector256.Load(weight + i)).Store(y + i);
        }

        for (; i < n; i++)
        {
            float scaled = x[i] * factor;
            y[i] = scaled * weight[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool Quantise(float* x, int n, sbyte* q, out float scale, out int sum)
    {
        Vector256<int> largest = Vector256<int>.Zero;
        int i = 0;
        for (; i <= n - Width; i += Width)
        {
            largest = Vector256.Max(largest, Vector256.Load((int*)x + i) & Vector256.Create(0x7fffffff));
        }

        int maximum = 0;
        for (int lane = 0; lane < Width; lane++)
        {
            maximum = Math.Max(maximum, largest.GetElement(lane));
        }

        for (; i < n; i++)
        {
            maximum = Math.Max(maximum, BitConverter.SingleToInt32Bits(x[i]) & 0x7fffffff);
        }

        scale = Activations.Scale(maximum);
        Vector256<int> sums = Vector256<int>.Zero;
        for (i = 0; i <= n - (4 * Width); i += 4 * Width)
        {
            Vector256<int> a = Quantised(x + i, scale);
            Vector256<int> b = Quantised(x + i + Width, scale);
            Vector256<int> c = Quantised(x + i + (2 * Width), scale);
            Vector256<int> d = Quantised(x + i + (3 * Width), scale);
            sums += (a + b) + (c + d);
            Vector256.Narrow(Vector256.Narrow(a, b), Vector256.Narrow(c, d)).Store(q + i);
        }

        sum = Integers.Sum(sums);
        for (; i < n; i++)
        {
            int value = (int)MathF.Round(x[i] * scale, MidpointRounding.ToEven);
            value = Math.Clamp(value, -Activations.Largest, Activations.Largest);
            q[i] = (sbyte)value;
            sum += value;
        }

        return maximum < Activations.InfinityBits;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rotate(float* head, float* cosines, float* sines, int headDim, RopePairing pairing)
    {
        int half = headDim / 2;
        if (pairing != RopePairing.Halves || half % Width != 0)
        {
            ScalarKernels.Rotate(head, cosines, sines, headDim, pairing);
            return;
        }

        for (int i = 0; i < half; i += Width)
        {
            Vector256<float> a = Vector256.Load(head + i);
            Vector256<float> b = Vector256.Load(head + half + i);
            Vector256<float> cosine = Vector256.Load(cosines + i);
            Vector256<float> sine = Vector256.Load(sines + i);
            ((a * cosine) - (b * sine)).Store(head + i);
            ((a * sine) + (b * cosine)).Store(head + half + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool ToHalf(float* x, int n, ushort* y)
    {
        Vector256<int> finite = Vector256<int>.AllBitsSet;
        int i = 0;
        for (; i <= n - (2 * Width); i += 2 * Width)
        {
            Vector256<float> a = VectorMath.RoundToHalf(Vector256.Load(x + i), ref finite);
            Vector256<float> b = VectorMath.RoundToHalf(Vector256.Load(x + i + Width), ref finite);
            Vector256.Narrow(VectorMath.HalfBits(a), VectorMath.HalfBits(b)).Store(y + i);
        }

        return VectorMath.All(finite) & ScalarKernels.ToHalf(x + i, n - i, y + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool RoundToHalf(float* x, int n)
    {
        Vector256<int> finite = Vector256<int>.AllBitsSet;
        int i = 0;
        for (; i <= n - Width; i += Width)
        {
            VectorMath.RoundToHalf(Vector256.Load(x + i), ref finite).Store(x + i);
        }

        return VectorMath.All(finite) & ScalarKernels.RoundToHalf(x + i, n - i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gate(float* gate, float* up, int n, GateActivation activation, float* y)
    {
        int i = 0;
        for (; i <= n - Width; i += Width)
        {
            Vector256<float> x = Vector256.Load(gate + i);
            Vector256<float> value;
            if (activation == GateActivation.ReluSquared)
            {
                Vector256<float> positive = x & Vector256.GreaterThan(x, Vector256<float>.Zero);
                value = positive * positive;
            }
            else
            {
                value = x / (Vector256<float>.One + VectorMath.Exp(-x));
            }

            (value * Vector256.Load(up + i)).Store(y + i);
        }

        ScalarKernels.Gate(gate + i, up + i, n - i, activation, y + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool AllFinite(float* x, int n)
    {
        Vector256<int> finite = Vector256<int>.AllBitsSet;
        int i = 0;
        for (; i <= n - Width; i += Width)
        {
            Vector256<int> magnitude = Vector256.Load((int*)x + i) & Vector256.Create(0x7fffffff);
            finite &= Vector256.LessThan(magnitude, Vector256.Create(Activations.InfinityBits));
        }

        return VectorMath.All(finite) & ScalarKernels.AllFinite(x + i, n - i);
    }

    // Adding the rounder leaves the nearest whole number, ties to even, in the low bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Quantised(float* x, float scale)
    {
        Vector256<float> rounder = Vector256.Create(Exponential.Rounder);
        Vector256<int> value = ((Vector256.Load(x) * Vector256.Create(scale)) + rounder).AsInt32() - rounder.AsInt32();
        return Vector256.Max(Vector256.Min(value, Vector256.Create(Activations.Largest)), Vector256.Create(-Activations.Largest));
    }
}

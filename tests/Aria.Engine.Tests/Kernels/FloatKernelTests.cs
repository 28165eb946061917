using System.Runtime.InteropServices;
using Aria.Engine.Kernels;
using Aria.Engine.Models;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Numerics;
using Aria.Testing;

namespace Aria.Engine.Tests.Kernels;

/// <summary>The vector kernels against the scalar twin, bit for bit, on ordinary, tiny, huge and special numbers and on every length.</summary>
public unsafe class FloatKernelTests
{
    private static readonly int[] Lengths = [1, 2, 7, 8, 9, 31, 32, 33, 64, 96, 100, 128, 255, 256, 320, 1000];

    [Fact]
    public void RmsNorm_IsTheScalarTwins() => ForRows((random, n) =>
    {
        float[] x = Numbers(random, n);
        float[] weight = Numbers(random, n);
        Same(
            (float* y) => ScalarKernels.RmsNorm(Pin(x), Pin(weight), n, 1e-5f, y),
            (float* y) => VectorKernels<PortableTernary>.RmsNorm(Pin(x), Pin(weight), n, 1e-5f, y),
            n);
    });

    [Fact]
    public void Quantise_IsTheScalarTwins() => ForRows((random, n) =>
    {
        float[] x = Numbers(random, n);
        sbyte[] first = new sbyte[n];
        sbyte[] second = new sbyte[n];
        fixed (sbyte* a = first, b = second)
        {
            bool finite = ScalarKernels.Quantise(Pin(x), n, a, out float scale, out int sum);
            Assert.Equal(finite, VectorKernels<PortableTernary>.Quantise(Pin(x), n, b, out float vectorScale, out int vectorSum));
            Assert.Equal((scale, sum), (vectorScale, vectorSum));
            Assert.Equal(sum, first.Sum(value => value));
            Assert.True(finite);
        }

        Assert.Equal(first, second);
    });

    [Fact]
    public void Quantise_RoundsTiesToEven_AndScalesTheLargestTo127()
    {
        float[] x = [0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f, 127f, -127f, 0f, -0f, 126.5f, 125.5f];
        sbyte[] expected = [0, 2, 2, 0, -2, -2, 127, -127, 0, 0, 126, 126];
        sbyte[] q = new sbyte[x.Length];
        fixed (sbyte* at = q)
        {
            Assert.True(ScalarKernels.Quantise(Pin(x), x.Length, at, out float scale, out _));
            Assert.Equal(1f, scale);
        }

        Assert.Equal(expected, q);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void NoFiniteNumber_IsToldAnywhereInARow(float bad) => ForRows((random, n) =>
    {
        float[] x = Numbers(random, n);
        x[random.Next(n)] = bad;
        sbyte[] q = new sbyte[n];
        fixed (sbyte* at = q)
        {
            Assert.False(ScalarKernels.Quantise(Pin(x), n, at, out _, out _));
            Assert.False(VectorKernels<PortableTernary>.Quantise(Pin(x), n, at, out _, out _));
        }

        Assert.False(ScalarKernels.AllFinite(Pin(x), n));
        Assert.False(VectorKernels<PortableTernary>.AllFinite(Pin(x), n));
        Assert.False(VectorKernels<PortableTernary>.RoundToHalf(Pin([.. x]), n));
    });

    [Fact]
    public void Scale_IsTheScalarTwins() => ForRows((random, n) =>
    {
        int[] products = [.. Enumerable.Range(0, n).Select(_ => random.Next(-(1 << 23), 1 << 23))];
        float[] before = Numbers(random, n);
        foreach (bool add in (bool[])[false, true])
        {
            float[] first = [.. before];
            float[] second = [.. before];
            ScalarKernels.Scale(Pin(products), n, 77, 0.001234f, add, Pin(first));
            VectorKernels<PortableTernary>.Scale(Pin(products), n, 77, 0.001234f, add, Pin(second));
            SameBits(first, second);
        }
    });

    [Fact]
    public void Rotate_IsTheScalarTwins()
    {
        RopeTable table = new(10_000f, 256, 16);
        Random random = TestSeed.Random();
        foreach (int headDim in (int[])[32, 64, 96, 100, 128, 256])
        {
            foreach (RopePairing pairing in Enum.GetValues<RopePairing>())
            {
                float[] first = Numbers(random, headDim);
                float[] second = [.. first];
                fixed (float* cosines = &table.Cosines[9 * 128], sines = &table.Sines[9 * 128])
                {
                    ScalarKernels.Rotate(Pin(first), cosines, sines, headDim, pairing);
                    VectorKernels<PortableTernary>.Rotate(Pin(second), cosines, sines, headDim, pairing);
                }

                SameBits(first, second);
            }
        }
    }

    [Fact]
    public void Rotate_ByHand()
    {
        float[] halves = [1, 2, 3, 4];
        float[] neighbours = [1, 2, 3, 4];
        float[] cosines = [0, 1];
        float[] sines = [1, 0];
        ScalarKernels.Rotate(Pin(halves), Pin(cosines), Pin(sines), 4, RopePairing.Halves);
        ScalarKernels.Rotate(Pin(neighbours), Pin(cosines), Pin(sines), 4, RopePairing.Neighbours);
        Assert.Equal([-3, 2, 1, 4], halves);
        Assert.Equal([-2, 1, 3, 4], neighbours);
    }

    [Fact]
    public void Halves_OfEveryKind_AreTheScalarTwins() => ForRows((random, n) =>
    {
        float[] x = [.. Numbers(random, n).Select((value, i) => i % 3 == 0 ? MathF.ScaleB(value, -random.Next(12, 26)) : value)];
        ushort[] first = new ushort[n];
        ushort[] second = new ushort[n];
        Assert.Equal(ScalarKernels.ToHalf(Pin(x), n, Pin(first)), VectorKernels<PortableTernary>.ToHalf(Pin(x), n, Pin(second)));
        Assert.Equal(first, second);
        float[] rounded = [.. x];
        VectorKernels<PortableTernary>.RoundToHalf(Pin(rounded), n);
        SameBits([.. first.Select(Float16.ToSingle)], rounded);
    });

    [Fact]
    public void Attend_IsTheScalarTwins()
    {
        Random random = TestSeed.Random();
        foreach (int headDim in (int[])[32, 64, 96, 100, 128, 160, 256])
        {
            foreach (int positions in (int[])[1, 2, 7, 8, 9, 37])
            {
                foreach (int count in (int[])[1, 2, 3, 4, 7, 8, 11, 15])
                {
                    int step = random.Next(2);
                    int stride = headDim + random.Next(9);
                    int all = positions + ((count - 1) * step);
                    float[] queries = [.. Numbers(random, count * stride).Select(Float16.Round)];
                    ushort[] keys = [.. Numbers(random, headDim * all).Select(Float16.FromSingle)];
                    ushort[] values = [.. Numbers(random, headDim * all).Select(Float16.FromSingle)];
                    float[] first = new float[count * stride];
                    float[] second = new float[count * stride];
                    float[] room = new float[count * all];
                    ScalarKernels.Attend(new(Pin(queries), Pin(first), count, stride, positions, step), Pin(keys), Pin(values), headDim, 0.125f, Pin(room));
                    VectorKernels<PortableTernary>.Attend(new(Pin(queries), Pin(second), count, stride, positions, step), Pin(keys), Pin(values), headDim, 0.125f, Pin(room));
                    SameBits(first, second);
                }
            }
        }
    }

    [Fact]
    public void Attend_ToOnePosition_IsItsValue()
    {
        float[] query = [.. Enumerable.Repeat(1f, 32)];
        ushort[] keys = [.. query.Select(Float16.FromSingle)];
        ushort[] values = [.. Enumerable.Range(0, 32).Select(i => Float16.FromSingle(i / 8f))];
        float[] output = new float[32];
        ScalarKernels.Attend(new(Pin(query), Pin(output), 1, 32, 1, 0), Pin(keys), Pin(values), 32, 0.1f, Pin(new float[1]));
        Assert.Equal(values.Select(Float16.ToSingle), output);
    }

    [Theory]
    [InlineData(GateActivation.ReluSquared)]
    [InlineData(GateActivation.Silu)]
    public void Gate_IsTheScalarTwins(GateActivation activation) => ForRows((random, n) =>
    {
        float[] gate = Numbers(random, n);
        float[] up = Numbers(random, n);
        Same(
            (float* y) => ScalarKernels.Gate(Pin(gate), Pin(up), n, activation, y),
            (float* y) => VectorKernels<PortableTernary>.Gate(Pin(gate), Pin(up), n, activation, y),
            n);
    });

    [Theory]
    [InlineData((int)TensorType.F16)]
    [InlineData((int)TensorType.BF16)]
    [InlineData((int)TensorType.F32)]
    [InlineData((int)TensorType.Q8_0)]
    [InlineData((int)TensorType.Q6_K)]
    public void Logits_AreTheScalarTwins(int type)
    {
        Random random = TestSeed.Random();
        foreach (int n in (int[])[256, 512, 768])
        {
            TensorType format = (TensorType)type;
            const int rows = 11;
            long rowBytes = format.Bytes(n);
            byte[] weights = Weights(random, format, (int)(rows * rowBytes));
            float[] x = [.. Numbers(random, n).Select(Float16.Round)];
            float[] room = new float[n];
            Same(
                (float* y) => ScalarKernels.Logits(format, Pin(weights), rowBytes, rows, n, Pin(x), y, Pin(room)),
                (float* y) => VectorKernels<PortableTernary>.Logits(format, Pin(weights), rowBytes, rows, n, Pin(x), y, Pin(room)),
                rows);
        }
    }

    private static byte[] Weights(Random random, TensorType type, int bytes)
    {
        byte[] weights = new byte[bytes];
        random.NextBytes(weights);
        switch (type)
        {
            case TensorType.F32:
                Numbers(random, bytes / 4).CopyTo(MemoryMarshal.Cast<byte, float>(weights.AsSpan()));
                break;
            case TensorType.F16:
                Numbers(random, bytes / 2).Select(Float16.FromSingle).ToArray().CopyTo(MemoryMarshal.Cast<byte, ushort>(weights.AsSpan()));
                break;
            case TensorType.BF16:
                Numbers(random, bytes / 2).Select(value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)).ToArray().CopyTo(MemoryMarshal.Cast<byte, ushort>(weights.AsSpan()));
                break;
            default:
                (int block, int at) = type == TensorType.Q8_0 ? (34, 0) : (210, 208);
                for (int i = 0; i < bytes; i += block)
                {
                    BitConverter.TryWriteBytes(weights.AsSpan(i + at), Float16.FromSingle((float)random.NextDouble()));
                }

                break;
        }

        return weights;
    }

    private static void ForRows(Action<Random, int> check)
    {
        Random random = TestSeed.Random();
        foreach (int n in Lengths)
        {
            for (int repeat = 0; repeat < 8; repeat++)
            {
                check(random, n);
            }
        }
    }

    // Mostly ordinary numbers; some exact, zero, negative zero, tiny or large.
    private static float[] Numbers(Random random, int n) =>
    [
        .. Enumerable.Range(0, n).Select(_ => random.Next(12) switch
        {
            0 => 0f,
            1 => -0f,
            2 => random.Next(-9, 10) / 2f,
            3 => MathF.ScaleB((float)random.NextDouble() - 0.5f, -130),
            4 => ((float)random.NextDouble() - 0.5f) * 3000f,
            _ => ((float)random.NextDouble() - 0.5f) * 4f,
        }),
    ];

    private delegate void Output(float* y);

    private static void Same(Output first, Output second, int n)
    {
        float[] a = new float[n];
        float[] b = new float[n];
        first(Pin(a));
        second(Pin(b));
        SameBits(a, b);
    }

    private static void SameBits(float[] expected, float[] actual) =>
        Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), actual.Select(BitConverter.SingleToInt32Bits));

    // Arrays of a test are never moved once pinned; they are few and small, and the process is short-lived.
    private static T* Pin<T>(T[] array)
        where T : unmanaged => (T*)GCHandle.Alloc(array, GCHandleType.Pinned).AddrOfPinnedObject();
}

using System.Globalization;
using System.Text.Json;
using Aria.Engine.Kernels;
using Aria.Engine.Models;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Numerics;
using Aria.Testing;

namespace Aria.Engine.Tests.Numerics;

/// <summary>Single steps against vectors that a second implementation wrote (specs/numerics.md §8).</summary>
public unsafe class StepVectorTests
{
    private static readonly JsonElement Vectors = JsonDocument
        .Parse(File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "numerics", "steps.json"))).RootElement;

    [Fact]
    public void Exponentials()
    {
        JsonElement vector = Vectors.GetProperty("exponential");
        Assert.Equal(Numbers(vector, "y"), Numbers(vector, "x").Select(Exponential.Of));
    }

    [Fact]
    public void LaneSums()
    {
        foreach (JsonElement vector in Vectors.GetProperty("lane_sum").EnumerateArray())
        {
            // A head of one row whose other factor is 1 is a lane sum.
            float[] x = Numbers(vector, "x");
            float[] ones = [.. x.Select(_ => 1f)];
            float[] room = new float[x.Length];
            float scalar;
            float simd;
            fixed (float* row = x, factor = ones, decoded = room)
            {
                ScalarKernels.Logits(TensorType.F32, (byte*)row, 4 * x.Length, 1, x.Length, factor, &scalar, decoded);
                VectorKernels<PortableTernary>.Logits(TensorType.F32, (byte*)row, 4 * x.Length, 1, x.Length, factor, &simd, decoded);
            }

            Assert.Equal(Assert.Single(Numbers(vector, "sum")), scalar);
            Assert.Equal(scalar, simd);
        }
    }

    [Fact]
    public void Norms()
    {
        foreach (JsonElement vector in Vectors.GetProperty("rms_norm").EnumerateArray())
        {
            float[] x = Numbers(vector, "x");
            float[] output = new float[x.Length];
            fixed (float* at = x, weight = Numbers(vector, "w"), y = output)
            {
                ScalarKernels.RmsNorm(at, weight, x.Length, Numbers(vector, "eps")[0], y);
            }

            Assert.Equal(Numbers(vector, "y"), output);
        }
    }

    [Fact]
    public void EightBits()
    {
        foreach (JsonElement vector in Vectors.GetProperty("eight_bits").EnumerateArray())
        {
            float[] x = Numbers(vector, "x");
            sbyte[] output = new sbyte[x.Length];
            fixed (float* at = x)
            {
                fixed (sbyte* q = output)
                {
                    Assert.True(ScalarKernels.Quantise(at, x.Length, q, out float scale, out _));
                    Assert.Equal(Assert.Single(Numbers(vector, "s")), scale);
                }
            }

            Assert.Equal(vector.GetProperty("q").EnumerateArray().Select(value => value.GetSByte()), output);
        }
    }

    [Fact]
    public void RotaryRows()
    {
        foreach (JsonElement vector in Vectors.GetProperty("rope").EnumerateArray())
        {
            int position = vector.GetProperty("position").GetInt32();
            int headDim = vector.GetProperty("head_dim").GetInt32();
            RopeTable table = new(Numbers(vector, "theta")[0], headDim, position + 1);
            Assert.Equal(Numbers(vector, "cos"), table.Cosines[^(headDim / 2)..]);
            Assert.Equal(Numbers(vector, "sin"), table.Sines[^(headDim / 2)..]);
        }
    }

    [Fact]
    public void Halves()
    {
        JsonElement vector = Vectors.GetProperty("f16");
        Assert.Equal(Numbers(vector, "y"), Numbers(vector, "x").Select(Float16.Round));
    }

    [Fact]
    public void TernaryProducts()
    {
        foreach (JsonElement vector in Vectors.GetProperty("ternary_product").EnumerateArray())
        {
            string[] rows = [.. vector.GetProperty("t").EnumerateArray().Select(row => row.GetString()!)];
            int[] q = [.. vector.GetProperty("q").GetString()!.Split(' ').Select(value => int.Parse(value, CultureInfo.InvariantCulture))];
            int[] products = [.. rows.Select(row => row.Zip(q, (t, value) => ("-0+".IndexOf(t, StringComparison.Ordinal)) * value).Sum())];
            float factor = Activations.Factor(Numbers(vector, "w")[0], Numbers(vector, "s")[0]);
            float[] output = new float[rows.Length];
            fixed (int* sums = products)
            {
                fixed (float* y = output)
                {
                    ScalarKernels.Scale(sums, output.Length, q.Sum(), factor, add: false, y);
                    Assert.Equal(Numbers(vector, "y"), output);
                    VectorKernels<PortableTernary>.Scale(sums, output.Length, q.Sum(), factor, add: false, y);
                    Assert.Equal(Numbers(vector, "y"), output);
                }
            }
        }
    }

    [Theory]
    [InlineData("relu_squared", GateActivation.ReluSquared)]
    [InlineData("silu", GateActivation.Silu)]
    public void Gates(string name, GateActivation activation)
    {
        foreach (JsonElement vector in Vectors.GetProperty(name).EnumerateArray())
        {
            float[] output = new float[Numbers(vector, "y").Length];
            fixed (float* gate = Numbers(vector, "gate"), up = Numbers(vector, "up"), y = output)
            {
                ScalarKernels.Gate(gate, up, output.Length, activation, y);
                Assert.Equal(Numbers(vector, "y"), output);
                VectorKernels<PortableTernary>.Gate(gate, up, output.Length, activation, y);
                Assert.Equal(Numbers(vector, "y"), output);
            }
        }
    }

    private static float[] Numbers(JsonElement vector, string name) =>
    [
        .. vector.GetProperty(name).GetString()!.Chunk(8)
            .Select(digits => BitConverter.UInt32BitsToSingle(uint.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture))),
    ];
}

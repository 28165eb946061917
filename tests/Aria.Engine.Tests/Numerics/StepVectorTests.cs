using System.Globalization;
using System.Text.Json;
using Aria.Engine.Kernels;
using Aria.Engine.Models;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Numerics;
using static Aria.Engine.Tests.Numerics.NumericVectors;
using Scalar = Aria.Engine.Kernels.ScalarKernels;
using Simd = Aria.Engine.Kernels.VectorKernels<Aria.Engine.Kernels.PortableTernary>;

namespace Aria.Engine.Tests.Numerics;

/// <summary>Single steps, by plain code and by vectors, against what a second implementation wrote (specs/numerics.md §8).</summary>
public unsafe class StepVectorTests
{
    private static readonly JsonElement Vectors = Read("steps.json");

    [Fact]
    public void EveryStep_HasATest() =>
        Assert.Equal(
            ["note", "exponential", "lane_sum", "rms_norm", "eight_bits", "f16", "ternary_product", "relu_squared", "silu", "rope", "turn", "row", "logit"],
            Vectors.EnumerateObject().Select(step => step.Name));

    [Fact]
    public void Exponentials()
    {
        JsonElement vector = Vectors.GetProperty("exponential");
        AreTheVectors(vector, "y", Numbers(vector, "x").Select(Exponential.Of));
    }

    [Fact]
    public void LaneSums()
    {
        foreach (JsonElement vector in Vectors.GetProperty("lane_sum").EnumerateArray())
        {
            // A logit whose other factor is 1 is a lane sum.
            float[] x = Numbers(vector, "x");
            AreTheVectors(vector, "sum", Logit<Scalar>(x, [.. x.Select(_ => 1f)]));
            AreTheVectors(vector, "sum", Logit<Simd>(x, [.. x.Select(_ => 1f)]));
        }
    }

    [Fact]
    public void Logits()
    {
        foreach (JsonElement vector in Vectors.GetProperty("logit").EnumerateArray())
        {
            AreTheVectors(vector, "logit", Logit<Scalar>(Numbers(vector, "w"), Numbers(vector, "y")));
            AreTheVectors(vector, "logit", Logit<Simd>(Numbers(vector, "w"), Numbers(vector, "y")));
        }
    }

    [Fact]
    public void Norms()
    {
        Of<Scalar>();
        Of<Simd>();
        static void Of<TKernels>()
            where TKernels : IKernels
        {
            foreach (JsonElement vector in Vectors.GetProperty("rms_norm").EnumerateArray())
            {
                float[] x = Numbers(vector, "x");
                float[] output = new float[x.Length];
                fixed (float* at = x, weight = Numbers(vector, "w"), y = output)
                {
                    TKernels.RmsNorm(at, weight, x.Length, Number(vector, "eps"), y);
                }

                AreTheVectors(vector, "y", output);
            }
        }
    }

    [Fact]
    public void EightBits()
    {
        Of<Scalar>();
        Of<Simd>();
        static void Of<TKernels>()
            where TKernels : IKernels
        {
            foreach (JsonElement vector in Vectors.GetProperty("eight_bits").EnumerateArray())
            {
                float[] x = Numbers(vector, "x");
                sbyte[] output = new sbyte[x.Length];
                fixed (float* at = x)
                {
                    fixed (sbyte* q = output)
                    {
                        Assert.True(TKernels.Quantise(at, x.Length, q, out float scale, out _));
                        AreTheVectors(vector, "s", scale);
                    }
                }

                Assert.Equal(vector.GetProperty("q").EnumerateArray().Select(value => value.GetSByte()), output);
            }
        }
    }

    [Fact]
    public void RotaryRows()
    {
        foreach (JsonElement vector in Vectors.GetProperty("rope").EnumerateArray())
        {
            int position = vector.GetProperty("position").GetInt32();
            int headDim = vector.GetProperty("head_dim").GetInt32();
            RopeTable table = new(Number(vector, "theta"), headDim, position + 1);
            AreTheVectors(vector, "cos", table.Cosines[^(headDim / 2)..]);
            AreTheVectors(vector, "sin", table.Sines[^(headDim / 2)..]);
        }
    }

    [Theory]
    [InlineData("halves", RopePairing.Halves)]
    [InlineData("neighbours", RopePairing.Neighbours)]
    public void Turns(string name, RopePairing pairing)
    {
        Of<Scalar>(name, pairing);
        Of<Simd>(name, pairing);
        static void Of<TKernels>(string name, RopePairing pairing)
            where TKernels : IKernels
        {
            foreach (JsonElement vector in Vectors.GetProperty("turn").EnumerateArray())
            {
                float[] head = Numbers(vector, "x");
                fixed (float* x = head, cosines = Numbers(vector, "cos"), sines = Numbers(vector, "sin"))
                {
                    TKernels.Rotate(x, cosines, sines, head.Length, pairing);
                }

                AreTheVectors(vector, name, head);
            }
        }
    }

    [Fact]
    public void Halves()
    {
        JsonElement vector = Vectors.GetProperty("f16");
        AreTheVectors(vector, "y", Numbers(vector, "x").Select(Float16.Round));
        AreTheVectors(vector, "y", Numbers(vector, "x").Select(x => Float16.ToSingle(Float16.FromSingle(x))));
        Of<Scalar>(vector);
        Of<Simd>(vector);
        static void Of<TKernels>(JsonElement vector)
            where TKernels : IKernels
        {
            float[] values = Numbers(vector, "x");
            fixed (float* x = values)
            {
                Assert.True(TKernels.RoundToHalf(x, values.Length));
            }

            AreTheVectors(vector, "y", values);
        }
    }

    [Fact]
    public void Rows()
    {
        foreach (JsonElement vector in Vectors.GetProperty("row").EnumerateArray())
        {
            TensorType type = Enum.Parse<TensorType>(vector.GetProperty("type").GetString()!);
            byte[] block = Convert.FromHexString(vector.GetProperty("block").GetString()!);
            float[] plain = new float[type.BlockElements()];
            float[] byVectors = new float[plain.Length];
            RowDecoding.Decode(type, block, plain);
            fixed (byte* row = block)
            {
                fixed (float* values = byVectors)
                {
                    VectorRows.Decode(type, row, plain.Length, values);
                }
            }

            AreTheVectors(vector, "y", plain);
            AreTheVectors(vector, "y", byVectors);
        }
    }

    [Fact]
    public void TernaryProducts()
    {
        Of<Scalar>();
        Of<Simd>();
        static void Of<TKernels>()
            where TKernels : IKernels
        {
            foreach (JsonElement vector in Vectors.GetProperty("ternary_product").EnumerateArray())
            {
                string[] rows = [.. vector.GetProperty("t").EnumerateArray().Select(row => row.GetString()!)];
                int[] q = [.. vector.GetProperty("q").GetString()!.Split(' ').Select(value => int.Parse(value, CultureInfo.InvariantCulture))];
                int[] products = [.. rows.Select(row => row.Zip(q, (t, value) => "-0+".IndexOf(t, StringComparison.Ordinal) * value).Sum())];
                float factor = Activations.Factor(Number(vector, "w"), Number(vector, "s"));
                float[] output = new float[rows.Length];
                fixed (int* sums = products)
                {
                    fixed (float* y = output)
                    {
                        TKernels.Scale(sums, output.Length, q.Sum(), factor, add: false, y);
                    }
                }

                AreTheVectors(vector, "y", output);
            }
        }
    }

    [Theory]
    [InlineData("relu_squared", GateActivation.ReluSquared)]
    [InlineData("silu", GateActivation.Silu)]
    public void Gates(string name, GateActivation activation)
    {
        Of<Scalar>(name, activation);
        Of<Simd>(name, activation);
        static void Of<TKernels>(string name, GateActivation activation)
            where TKernels : IKernels
        {
            foreach (JsonElement vector in Vectors.GetProperty(name).EnumerateArray())
            {
                float[] output = new float[Numbers(vector, "y").Length];
                fixed (float* gate = Numbers(vector, "gate"), up = Numbers(vector, "up"), y = output)
                {
                    TKernels.Gate(gate, up, output.Length, activation, y);
                }

                AreTheVectors(vector, "y", output);
            }
        }
    }

    /// <summary>numerics.md §1: what is not finite goes on by IEEE-754 until a step must be finite; ReLU² takes what is no number for no more than zero.</summary>
    [Fact]
    public void Gates_OfWhatIsNotFinite()
    {
        const float infinity = float.PositiveInfinity;
        float[] gates = [.. Enumerable.Repeat((float[])[float.NaN, -infinity, infinity, 2, -3], 5).SelectMany(x => x)];
        float[] ups = [.. Enumerable.Range(0, gates.Length).Select(i => i < gates.Length - 5 ? 2f : -infinity)];
        Of<Scalar>(gates, ups);
        Of<Simd>(gates, ups);
        static void Of<TKernels>(float[] gates, float[] ups)
            where TKernels : IKernels
        {
            float[] output = new float[gates.Length];
            fixed (float* gate = gates, up = ups, y = output)
            {
                TKernels.Gate(gate, up, output.Length, GateActivation.ReluSquared, y);
                Assert.Equal([0, 0, infinity, 8, 0], output[..5]);
                Assert.Equal([float.NaN, float.NaN, -infinity, -infinity, float.NaN], output[^5..]);
                TKernels.Gate(gate, up, output.Length, GateActivation.Silu, y);
                Assert.All([.. output[..3], .. output[^5..]], value => Assert.False(float.IsFinite(value)));
            }
        }
    }

    private static float Logit<TKernels>(float[] w, float[] y)
        where TKernels : IKernels
    {
        float logit;
        float[] room = new float[w.Length];
        fixed (float* row = w, factor = y, decoded = room)
        {
            TKernels.Logits(TensorType.F32, (byte*)row, 4 * w.Length, 1, w.Length, factor, &logit, decoded);
        }

        return logit;
    }
}

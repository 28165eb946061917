using System.Globalization;
using System.Text.Json;
using Aria.Engine.Execution;
using Aria.Engine.Kernels;
using Aria.Engine.Models;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Numerics;
using Aria.Engine.Tests.Models;
using static Aria.Engine.Tests.Numerics.NumericVectors;

namespace Aria.Engine.Tests.Execution;

/// <summary>Every step of a layer, bit for bit, as a second implementation computes it (specs/numerics.md §8).</summary>
public unsafe class LayerVectorTests
{
    private static readonly JsonElement Layers = Read("layers.json").GetProperty("layers");

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, Layers.GetArrayLength())];

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryNumber_HasATest(int index) =>
        Assert.All(Of(index).Positions, position => Assert.Equal(
            [
                "token", "embedding", "attn_norm", "attn_q8", "attn_s", "q", "k", "v", "scores", "weights", "weight_sum", "attended", "attn_sub_norm", "middle", "ffn_norm", "gate", "up", "gated", "ffn_sub_norm", "x",
            ],
            position.EnumerateObject().Select(step => step.Name)));

    [Theory]
    [MemberData(nameof(Cases))]
    public void TheLayersOutput(int index)
    {
        (JsonElement[] positions, NanoModel nano) = Of(index);
        using ModelFile model = nano.Open();
        foreach (KernelPath path in (KernelPath[])[KernelPath.Scalar, KernelPath.Simd])
        {
            using SpanEngine engine = new(model, new(true, LayerRange.Of(0, 1), false), new() { Kernels = path });
            using KvCache cache = engine.CreateCache(engine.Span.Layers, positions.Length);
            float[] rows = new float[positions.Length * nano.Dim];
            engine.Embed([.. positions.Select(position => position.GetProperty("token").GetUInt32())], rows);
            Assert.All(rows.Chunk(nano.Dim), (row, i) => AreTheVectors(positions[i], "embedding", row));
            engine.Forward(cache, 0, rows);
            Assert.All(rows.Chunk(nano.Dim), (row, i) => AreTheVectors(positions[i], "x", row));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Norms_EightBits_AndGates(int index)
    {
        (JsonElement[] positions, NanoModel nano) = Of(index);
        using ModelFile model = nano.Open();
        LayerTensors layer = model.Tensors.Layers[0];
        foreach (JsonElement position in positions)
        {
            float[] Norm(string input, FloatTensor? weights) => weights is null ? Numbers(position, input) : Normed(Numbers(position, input), Row(weights), model.Shape.NormEpsilon);
            AreTheVectors(position, "attn_norm", Norm("embedding", layer.AttentionNorm));
            AreTheVectors(position, "attn_sub_norm", Norm("attended", layer.AttentionSubNorm));
            AreTheVectors(position, "ffn_norm", Norm("middle", layer.FeedForwardNorm));
            AreTheVectors(position, "ffn_sub_norm", Norm("gated", layer.FeedForwardSubNorm));

            (sbyte[] q8, float scale, _) = EightBits(Numbers(position, "attn_norm"));
            AreTheVectors(position, "attn_s", scale);
            Assert.Equal(position.GetProperty("attn_q8").GetString(), string.Join(' ', q8.Select(value => value.ToString(CultureInfo.InvariantCulture))));
            float[] output = new float[nano.FeedForward];
            fixed (float* gate = Numbers(position, "gate"), up = Numbers(position, "up"), y = output)
            {
                ScalarKernels.Gate(gate, up, output.Length, model.Shape.Activation, y);
            }

            AreTheVectors(position, "gated", output);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Products_AndTurns(int index)
    {
        (JsonElement[] positions, NanoModel nano) = Of(index);
        using ModelFile model = nano.Open();
        LayerTensors layer = model.Tensors.Layers[0];
        for (int p = 0; p < positions.Length; p++)
        {
            JsonElement position = positions[p];
            float[] normed = Numbers(position, "attn_norm");
            AreTheVectors(position, "q", Halves(Turned(Product(layer.Query, normed), model, p)));
            AreTheVectors(position, "k", Halves(Turned(Product(layer.Key, normed), model, p)));
            AreTheVectors(position, "v", Halves(Product(layer.Value, normed)));
            AreTheVectors(position, "gate", Product(layer.Gate, Numbers(position, "ffn_norm")));
            AreTheVectors(position, "up", Product(layer.Up, Numbers(position, "ffn_norm")));
            AreTheVectors(position, "middle", Product(layer.AttentionOutput, Numbers(position, "attn_sub_norm"), Numbers(position, "embedding")));
            AreTheVectors(position, "x", Product(layer.Down, Numbers(position, "ffn_sub_norm"), Numbers(position, "middle")));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Attention(int index)
    {
        (JsonElement[] positions, NanoModel nano) = Of(index);
        int width = nano.HeadDim;
        float scale = 1f / MathF.Sqrt(width);
        for (int p = 0; p < positions.Length; p++)
        {
            float[] attended = new float[nano.Heads * width];
            for (int head = 0; head < nano.Heads; head++)
            {
                int kv = head / (nano.Heads / nano.KvHeads);
                ushort[] keys = Past(positions, p, "k", kv * width, width), values = Past(positions, p, "v", kv * width, width);
                float[] scores = new float[p + 1], weights = new float[p + 1], room = new float[width];
                fixed (ushort* k = keys, v = values)
                {
                    fixed (float* q = Numbers(positions[p], "q"), output = attended, logits = scores, last = weights, decoded = room)
                    {
                        // A score is a logit, of a row that is a key, times the scale.
                        ScalarKernels.Logits(TensorType.F16, (byte*)k, 2 * width, p + 1, width, q + (head * width), logits, decoded);
                        ScalarKernels.Attend(new(q + (head * width), output + (head * width), 1, width, p + 1, 0), k, v, width, scale, last);
                    }
                }

                AreTheVectors(positions[p].GetProperty("scores")[head], scores.Select(score => score * scale));
                AreTheVectors(positions[p].GetProperty("weights")[head], weights);
                AreTheVectors(positions[p].GetProperty("weight_sum")[head], (float)weights.Sum(weight => (double)weight));
            }

            AreTheVectors(positions[p], "attended", attended);
        }
    }

    private static ushort[] Past(JsonElement[] positions, int last, string name, int start, int width) =>
        [.. positions.Take(last + 1).SelectMany(position => Numbers(position, name).Skip(start).Take(width).Select(Float16.FromSingle))];

    private static (JsonElement[] Positions, NanoModel Nano) Of(int index) =>
        ([.. Layers[index].GetProperty("positions").EnumerateArray()], ArchitectureVectorTests.Nano(ArchitectureVectorTests.Case(Layers[index].GetProperty("case").GetInt32())));

    private static (sbyte[] Values, float Scale, int Sum) EightBits(float[] row)
    {
        sbyte[] q8 = new sbyte[row.Length];
        fixed (float* x = row)
        {
            fixed (sbyte* q = q8)
            {
                Assert.True(ScalarKernels.Quantise(x, q8.Length, q, out float scale, out int sum));
                return (q8, scale, sum);
            }
        }
    }

    // To what is already there, if something is.
    private static float[] Product(TernaryTensor tensor, float[] row, float[]? there = null)
    {
        (sbyte[] values, float scale, int sum) = EightBits(row);
        Array.Resize(ref values, PackedMatrix.BlocksFor(row.Length) * PackedMatrix.BlockColumns);
        int[] products = new int[tensor.Rows];
        float[] output = there ?? new float[tensor.Rows];
        fixed (byte* place = new byte[PackedMatrix.BytesFor(tensor)])
        {
            fixed (sbyte* q = values)
            {
                fixed (int* sums = products)
                {
                    fixed (float* y = output)
                    {
                        PackedMatrix matrix = new(tensor, RowGrouping.Four, place);
                        ScalarKernels.Ternary(matrix.Group(0), matrix.Blocks, matrix.Rows, q, 1, sums, matrix.Rows);
                        ScalarKernels.Scale(sums, matrix.Rows, sum, Activations.Factor(matrix.MatrixScale, scale), add: there is not null, y);
                    }
                }
            }
        }

        return output;
    }

    private static float[] Turned(float[] heads, ModelFile model, int position)
    {
        int width = model.Shape.HeadDim, half = width / 2;
        RopeTable table = new(model.Shape.RopeTheta, width, position + 1);
        fixed (float* x = heads, cosines = table.Cosines[^half..], sines = table.Sines[^half..])
        {
            for (int start = 0; start < heads.Length; start += width)
            {
                ScalarKernels.Rotate(x + start, cosines, sines, width, model.Shape.Pairing);
            }
        }

        return heads;
    }

    private static IEnumerable<float> Halves(float[] x) => x.Select(Float16.Round);

    private static float[] Normed(float[] input, float[] weights, float epsilon)
    {
        float[] output = new float[input.Length];
        fixed (float* x = input, w = weights, y = output)
        {
            ScalarKernels.RmsNorm(x, w, output.Length, epsilon, y);
        }

        return output;
    }

    private static float[] Row(FloatTensor tensor)
    {
        float[] row = new float[tensor.Columns];
        tensor.Row(0, row);
        return row;
    }
}

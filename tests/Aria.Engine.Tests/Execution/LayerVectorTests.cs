using System.Globalization;
using System.Text.Json;
using Aria.Engine.Execution;
using Aria.Engine.Kernels;
using Aria.Engine.Models;
using Aria.Engine.Numerics;
using Aria.Engine.Tests.Models;
using Aria.Testing;

namespace Aria.Engine.Tests.Execution;

/// <summary>Every step of a layer, number for number, as a second implementation computes it (specs/numerics.md §8).</summary>
public unsafe class LayerVectorTests
{
    private static readonly JsonElement Layers = JsonDocument
        .Parse(File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "numerics", "layers.json"))).RootElement.GetProperty("layers");

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, Layers.GetArrayLength())];

    [Theory]
    [MemberData(nameof(Cases))]
    public void TheLayersOutput_IsTheVectors(int index)
    {
        (JsonElement[] positions, NanoModel nano) = Of(index);
        using ModelFile model = nano.Open();
        foreach (KernelPath path in (KernelPath[])[KernelPath.Scalar, KernelPath.Simd])
        {
            using SpanEngine engine = new(model, new(true, LayerRange.Of(0, 1), false), new() { Kernels = path });
            using KvCache cache = engine.CreateCache(engine.Span.Layers, positions.Length);
            float[] rows = new float[positions.Length * nano.Dim];
            engine.Embed([.. positions.Select(position => position.GetProperty("token").GetUInt32())], rows);
            Assert.Equal(positions.SelectMany(position => Numbers(position, "embedding")), rows);
            engine.Forward(cache, 0, rows);
            Assert.Equal(positions.SelectMany(position => Numbers(position, "x")), rows);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Norms_EightBits_AndGates_AreTheVectors(int index)
    {
        (JsonElement[] positions, NanoModel nano) = Of(index);
        using ModelFile model = nano.Open();
        LayerTensors layer = model.Tensors.Layers[0];
        foreach (JsonElement position in positions)
        {
            float[] Norm(string input, FloatTensor? weights) => weights is null ? Numbers(position, input) : Normed(Numbers(position, input), Row(weights), model.Shape.NormEpsilon);
            Assert.Equal(Numbers(position, "attn_norm"), Norm("embedding", layer.AttentionNorm));
            Assert.Equal(Numbers(position, "attn_sub_norm"), Norm("attended", layer.AttentionSubNorm));
            Assert.Equal(Numbers(position, "ffn_norm"), Norm("middle", layer.FeedForwardNorm));
            Assert.Equal(Numbers(position, "ffn_sub_norm"), Norm("gated", layer.FeedForwardSubNorm));

            float[] normed = Numbers(position, "attn_norm");
            sbyte[] q8 = new sbyte[normed.Length];
            fixed (float* x = normed)
            {
                fixed (sbyte* q = q8)
                {
                    Assert.True(ScalarKernels.Quantise(x, q8.Length, q, out float scale, out _));
                    Assert.Equal(Assert.Single(Numbers(position, "attn_s")), scale);
                }
            }

            Assert.Equal(position.GetProperty("attn_q8").GetString(), string.Join(' ', q8.Select(value => value.ToString(CultureInfo.InvariantCulture))));
            float[] output = new float[nano.FeedForward];
            fixed (float* gate = Numbers(position, "gate"), up = Numbers(position, "up"), y = output)
            {
                ScalarKernels.Gate(gate, up, output.Length, model.Shape.Activation, y);
            }

            Assert.Equal(Numbers(position, "gated"), output);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Attention_IsTheVectors(int index)
    {
        (JsonElement[] positions, NanoModel nano) = Of(index);
        int width = nano.HeadDim, together = nano.Heads / nano.KvHeads;
        float scale = 1f / MathF.Sqrt(width);
        for (int p = 0; p < positions.Length; p++)
        {
            float[] attended = new float[nano.Heads * width];
            float[] room = new float[nano.Heads * positions.Length];
            for (int kv = 0; kv < nano.KvHeads; kv++)
            {
                ushort[] keys = Past(positions, p, "k", kv * width, width), values = Past(positions, p, "v", kv * width, width);
                int head = kv * together;
                fixed (ushort* k = keys, v = values)
                {
                    fixed (float* q = Numbers(positions[p], "q"), output = attended, weights = room)
                    {
                        ScalarKernels.Attend(new(q + (head * width), output + (head * width), together, width, p + 1, 0), k, v, width, scale, weights);
                    }
                }
            }

            Assert.Equal(Numbers(positions[p], "attended"), attended);
        }
    }

    private static ushort[] Past(JsonElement[] positions, int last, string name, int start, int width) =>
        [.. positions.Take(last + 1).SelectMany(position => Numbers(position, name).Skip(start).Take(width).Select(Float16.FromSingle))];

    private static (JsonElement[] Positions, NanoModel Nano) Of(int index) =>
        ([.. Layers[index].GetProperty("positions").EnumerateArray()], ArchitectureVectorTests.Nano(ArchitectureVectorTests.Case(Layers[index].GetProperty("case").GetInt32())));

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

    private static float[] Numbers(JsonElement vector, string name) =>
    [
        .. vector.GetProperty(name).GetString()!.Chunk(8).Select(digits => BitConverter.UInt32BitsToSingle(uint.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture))),
    ];
}

using System.Runtime.InteropServices;
using Aria.Engine.Execution;
using Aria.Engine.Kernels;
using Aria.Engine.Models;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Tests.Models;
using Aria.Testing;

namespace Aria.Engine.Tests.Execution;

/// <summary>Screening leaves rows out, never a candidate.</summary>
public unsafe class HeadScreenTests
{
    public static TheoryData<int, string> Heads
    {
        get
        {
            TheoryData<int, string> all = [];
            foreach (TensorType type in (TensorType[])[TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.Q8_0, TensorType.Q6_K])
            {
                all.Add((int)type, "random");
            }

            foreach (string kind in (string[])["zero", "equal", "one large", "tiny", "close"])
            {
                all.Add((int)TensorType.F32, kind);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Heads))]
    public void Candidates_AreThoseOfTheWholeHead(int type, string kind)
    {
        Random random = TestSeed.Random();
        NanoModel nano = new() { Layers = 1, Dim = 256, HeadDim = 64, Vocabulary = 700, Numbers = (TensorType)type, Seed = random.Next() };
        GgufBuilder builder = nano.Builder();
        if (kind != "random")
        {
            float Number(int i) => kind switch
            {
                "zero" => 0f,
                "equal" => (i % 256) - 100f,
                "one large" => i % 256 == 7 ? 1e6f : (float)random.NextDouble(),
                "tiny" => (float)random.NextDouble() * 1e-42f,
                _ => (i % 256) + ((float)random.NextDouble() * 1e-4f),
            };
            builder.Change("token_embd.weight", tensor => tensor with { Data = GgufBuilder.Singles(Enumerable.Range(0, 700 * 256).Select(Number)) });
        }

        using ModelFile model = NanoModel.Open(builder.Build());
        using SpanWeights weights = new(model, new(false, LayerRange.Of(1, 1), true));
        using ComputeTeam team = new(2);
        using HeadExecutor<ScalarKernels> whole = new(weights, team, null);
        using HeadExecutor<VectorKernels<PortableTernary>> screened = new(weights, team, new(weights.Head));
        for (int round = 0; round < 30; round++)
        {
            float[] row = [.. Enumerable.Range(0, 256).Select(_ => ((float)random.NextDouble() - 0.5f) * (random.Next(20) == 0 ? 50 : 1))];
            if (round == 0)
            {
                row.AsSpan().Clear();
            }

            foreach (int count in (int[])[0, 1, 2, 16, 256, 699, 700])
            {
                Candidate[] expected = new Candidate[count];
                Candidate[] found = new Candidate[count];
                LogitBiases biases = round % 2 == 0
                    ? default
                    : LogitBiases.Of(Enumerable.Range(0, 5).Select(i => new LogitBias((uint)((i * 150) + random.Next(150)), ((float)random.NextDouble() - 0.5f) * 60)));
                fixed (float* x = row)
                {
                    Assert.True(whole.Run(x, expected, biases));
                    Assert.True(screened.Run(x, found, biases));
                }

                Assert.Equal(expected.Select(one => (one.Token, BitConverter.SingleToInt32Bits(one.Logit))), found.Select(one => (one.Token, BitConverter.SingleToInt32Bits(one.Logit))));
            }
        }
    }

    [Fact]
    public void OfARandomHead_FewRowsAreComputed()
    {
        using ModelFile model = new NanoModel { Layers = 1, Dim = 256, HeadDim = 64, Vocabulary = 4000 }.Open();
        using SpanWeights weights = new(model, new(false, LayerRange.Of(1, 1), true));
        using ComputeTeam team = new(1);
        using HeadExecutor<VectorKernels<PortableTernary>> screened = new(weights, team, new(weights.Head));
        float[] row = [.. Enumerable.Range(0, 256).Select(i => ((i * 37) % 101) - 50f)];
        fixed (float* x = row)
        {
            Assert.True(screened.Run(x, new Candidate[1]));
            Assert.InRange(screened.Computed, 1, 200);
            Assert.True(screened.Run(x, new Candidate[4000]));
            Assert.Equal(4000, screened.Computed);
        }
    }

    [Fact]
    public void EveryLogit_LiesWithinItsBounds()
    {
        Random random = TestSeed.Random();
        using ModelFile model = new NanoModel { Layers = 1, Dim = 384, HeadDim = 96, Vocabulary = 300, Numbers = TensorType.F16 }.Open();
        FloatTensor head = model.Tensors.Head;
        using HeadScreen screen = new(head);
        float[] y = [.. Enumerable.Range(0, 384).Select(_ => Aria.Engine.Numerics.Float16.Round(((float)random.NextDouble() - 0.5f) * 9))];
        float[] logits = new float[300];
        float[] lower = new float[300];
        float[] upper = new float[300];
        int[] products = new int[300];
        float[] room = new float[384];
        fixed (float* x = y, l = logits, low = lower, high = upper, r = room)
        {
            fixed (int* p = products)
            {
                Assert.True(screen.TrySetInput(x));
                screen.Bounds(0, 300, p, low, high);
                ScalarKernels.Logits(head.Type, head.Data, head.RowBytes, 300, 384, x, l, r);
            }
        }

        for (int i = 0; i < 300; i++)
        {
            Assert.InRange(logits[i], lower[i], upper[i]);
            Assert.InRange(upper[i] - lower[i], 0, 20);
        }
    }

    [Fact]
    public void TheNth_IsWhatSortingFinds()
    {
        Random random = TestSeed.Random();
        for (int round = 0; round < 200; round++)
        {
            float[] values = [.. Enumerable.Range(0, random.Next(1, 200)).Select(_ => random.Next(-20, 20) / 4f)];
            int n = random.Next(1, values.Length + 1);
            Assert.Equal(values.OrderDescending().ElementAt(n - 1), CandidateSelection.Nth(values, n, new float[n]));
        }
    }
}

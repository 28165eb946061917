using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Engine.Sampling;
using Aria.Testing;

namespace Aria.Engine.Tests.Sampling;

/// <summary>specs/vectors/sampling/generation.json: whole generations, from the weights to the tokens, by a second implementation in another language.</summary>
public class GenerationVectorTests
{
    private static readonly JsonElement Vectors = JsonDocument
        .Parse(File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "sampling", "generation.json")))
        .RootElement;

    public static TheoryData<int, string> Cases
    {
        get
        {
            TheoryData<int, string> all = [];
            for (int i = 0; i < Vectors.GetProperty("cases").GetArrayLength(); i++)
            {
                all.Add(i, "scalar");
                all.Add(i, "auto");
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void AGeneration_IsReproduced(int index, string kernels)
    {
        JsonElement vector = Vectors.GetProperty("cases")[index];
        uint[] prompt = [.. Vectors.GetProperty("prompt").EnumerateArray().Select(token => token.GetUInt32())];
        SamplingParameters sampling = new(Float(vector, "temperature"), vector.GetProperty("top_k").GetInt32(), Float(vector, "top_p"), ulong.Parse(vector.GetProperty("seed").GetString()!, CultureInfo.InvariantCulture))
        {
            MinP = Float(vector, "min_p"),
            Penalties = new(Float(vector, "repetition"), Float(vector, "frequency"), Float(vector, "presence")),
            Biases = LogitBiases.Of(vector.GetProperty("biases").EnumerateArray().Select(bias => new LogitBias(bias[0].GetUInt32(), Bits(bias[1])))),
            LogProbabilities = vector.GetProperty("logprobs").GetInt32(),
        };

        using ModelFile model = ModelFile.Open("aria-tiny");
        using SpanEngine engine = new(model, StageSpan.Whole(model.Shape.Layers), kernels == "scalar" ? new() { Kernels = KernelPath.Scalar } : new());
        using KvCache cache = engine.CreateCache(engine.Span.Layers, 64);
        LogitAdjustment adjustment = LogitAdjustment.Of(sampling, prompt.Length);
        Candidate[] candidates = new Candidate[sampling.CandidateCount];
        uint[] next = prompt;
        foreach (JsonElement answer in vector.GetProperty("answers").EnumerateArray())
        {
            float[] rows = new float[next.Length * engine.Shape.Dim];
            engine.Embed(next, rows);
            engine.Forward(cache, cache.Count, rows);
            adjustment.Count(next);
            ReadOnlySpan<float> row = rows.AsSpan(rows.Length - engine.Shape.Dim);
            engine.Head(row, candidates, adjustment);
            Assert.Equal(answer.GetProperty("candidates").GetString(), Digest(candidates));
            if (sampling.WantsLogSum)
            {
                Candidate[] again = new Candidate[candidates.Length];
                engine.Head(row, again, adjustment, out float logSum);
                Assert.Equal(answer.GetProperty("log_sum").GetString(), BitConverter.SingleToUInt32Bits(logSum).ToString("x8", CultureInfo.InvariantCulture));
                Assert.Equal(candidates, again);
            }

            next = [Sampler.Choose(candidates, sampling, cache.Count)];
            Assert.Equal(answer.GetProperty("token").GetUInt32(), next[0]);
        }
    }

    private static float Float(JsonElement vector, string name) => Bits(vector.GetProperty(name));

    private static float Bits(JsonElement hex) => BitConverter.UInt32BitsToSingle(uint.Parse(hex.GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    private static string Digest(ReadOnlySpan<Candidate> candidates)
    {
        byte[] bytes = new byte[8 * candidates.Length];
        for (int i = 0; i < candidates.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8 * i), candidates[i].Token);
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan((8 * i) + 4), candidates[i].Logit);
        }

        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }
}

using System.Text.Json;
using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Tests.Models;
using Aria.Engine.Transcript;
using Aria.Testing;

namespace Aria.Engine.Tests.Execution;

/// <summary>Every architecture and number format, bit for bit as a second implementation computes it (specs/numerics.md §8).</summary>
public class ArchitectureVectorTests
{
    private static readonly JsonElement Vectors = JsonDocument
        .Parse(File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "numerics", "architectures.json"))).RootElement;

    public static TheoryData<int, KernelPath> Cases
    {
        get
        {
            TheoryData<int, KernelPath> all = [];
            for (int i = 0; i < Vectors.GetArrayLength(); i++)
            {
                all.Add(i, KernelPath.Scalar);
                all.Add(i, KernelPath.Auto);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ItsTranscript_IsTheVectors(int index, KernelPath kernels)
    {
        JsonElement vector = Vectors[index];
        NanoModel nano = Nano(vector);
        using ModelFile model = nano.Open();
        using StageChain chain = new(model, nano.Layers, new() { Kernels = kernels });
        uint[] tokens = [.. vector.GetProperty("tokens").EnumerateArray().Select(token => token.GetUInt32())];
        Assert.Equal(vector.GetProperty("digest").GetString(), chain.Run(tokens, 6, vector.GetProperty("candidates").GetInt32()).Digest.ToString());
    }

    /// <summary>The model that a case describes.</summary>
    internal static NanoModel Nano(JsonElement vector)
    {
        int Number(string name) => vector.GetProperty(name).GetInt32();
        return new()
        {
            Architecture = vector.GetProperty("architecture").GetString()!,
            Layers = Number("layers"),
            Dim = Number("dim"),
            Heads = Number("heads"),
            KvHeads = Number("kv_heads"),
            HeadDim = Number("head_dim"),
            FeedForward = Number("feed_forward"),
            Vocabulary = Number("vocabulary"),
            TiedHead = vector.GetProperty("tied").GetBoolean(),
            Numbers = Enum.Parse<TensorType>(vector.GetProperty("numbers").GetString()!),
            Seed = Number("seed"),
        };
    }

    /// <summary>The case whose model has that seed.</summary>
    internal static JsonElement Case(int seed) => Vectors.EnumerateArray().Single(one => one.GetProperty("seed").GetInt32() == seed);
}

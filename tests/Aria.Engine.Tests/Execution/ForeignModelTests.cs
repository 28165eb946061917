using System.Text.Json;
using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Engine.Tests.Models;
using Aria.Testing;

namespace Aria.Engine.Tests.Execution;

/// <summary>A ternary model trained elsewhere (SiLU, sub-norms, f32 embedding) against goldens of a reference that was written elsewhere.</summary>
public class ForeignModelTests
{
    private const double Tolerance = 0.3;

    [Theory]
    [InlineData(KernelPath.Scalar)]
    [InlineData(KernelPath.Auto)]
    public void ItsGoldens_AreReproduced(KernelPath kernels)
    {
        JsonElement goldens = JsonDocument.Parse(File.ReadAllBytes(Fixtures.Path("data", "models", "hkust-bitllama-goldens.json"))).RootElement;
        using ModelFile model = NanoModel.Open(HkustModel.Convert());
        using SpanEngine engine = new(model, StageSpan.Whole(model.Shape.Layers), new() { Kernels = kernels });
        int dim = model.Shape.Dim;
        foreach (JsonElement golden in goldens.EnumerateArray().Where(one => one.GetProperty("model").GetString() == "hkust-bitllama-3M-lsb.bin"))
        {
            uint[] ids = [.. golden.GetProperty("ids").EnumerateArray().Select(one => one.GetUInt32())];
            Assert.Equal((IEnumerable<uint>)ids, [model.Tokenizer.BeginOfSequence, .. model.Tokenizer.Encode(golden.GetProperty("prompt").GetString()!)]);
            float[] rows = new float[ids.Length * dim];
            engine.Embed(ids, rows);
            using KvCache cache = engine.CreateCache(engine.Span.Layers, ids.Length);
            engine.Forward(cache, 0, rows);
            Candidate[] all = new Candidate[model.Shape.Vocabulary];
            engine.Head(rows.AsSpan(rows.Length - dim), all);
            foreach (JsonElement pair in golden.GetProperty("top8").EnumerateArray())
            {
                Assert.Equal(pair[1].GetDouble(), all.Single(one => one.Token == pair[0].GetUInt32()).Logit, Tolerance);
            }

            uint[] greedy = [.. golden.GetProperty("greedy").EnumerateArray().Select(one => one.GetUInt32())];
            Assert.Equal(greedy, Generation.Greedy(engine, ids, greedy.Length));
        }
    }
}

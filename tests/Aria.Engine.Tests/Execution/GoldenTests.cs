using System.Text.Json;
using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Engine.Tests.Text;

namespace Aria.Engine.Tests.Execution;

/// <summary>The default model against a float64 reference that was written apart from this engine.</summary>
public class GoldenTests
{
    private const double Tolerance = 0.3;

    [Theory]
    [InlineData(KernelPath.Scalar)]
    [InlineData(KernelPath.Auto)]
    public void TeacherForced_TheBestTokenIsTheReferences_WhereItsMarginIsClear(KernelPath kernels)
    {
        using ModelFile model = ModelFile.Open("aria-tiny");
        using SpanEngine engine = new(model, StageSpan.Whole(model.Shape.Layers), new() { Kernels = kernels });
        foreach (JsonElement golden in Goldens.Cases)
        {
            uint[] prompt = Ids(golden.GetProperty("ids"));
            uint[] greedy = Ids(golden.GetProperty("greedy"));
            double[] margins = [.. golden.GetProperty("margins").EnumerateArray().Select(one => one.GetDouble())];
            Candidate[][] all = Candidates(engine, [.. prompt, .. greedy[..^1]]);
            foreach (JsonElement pair in golden.GetProperty("first_logits_top8").EnumerateArray())
            {
                Candidate found = Assert.Single(all[prompt.Length - 1], one => one.Token == pair[0].GetUInt32());
                Assert.Equal(pair[1].GetDouble(), found.Logit, Tolerance);
            }

            for (int i = 0; i < greedy.Length; i++)
            {
                if (margins[i] >= Tolerance)
                {
                    Assert.Equal(greedy[i], all[prompt.Length - 1 + i][0].Token);
                }
            }
        }
    }

    [Fact]
    public void FreeRunning_TheTextIsTheReferences_UpToTheFirstNarrowMargin()
    {
        using ModelFile model = ModelFile.Open("aria-tiny");
        using SpanEngine engine = new(model, StageSpan.Whole(model.Shape.Layers), new());
        foreach (JsonElement golden in Goldens.Cases)
        {
            uint[] prompt = Ids(golden.GetProperty("ids"));
            uint[] answer = Generation.Greedy(engine, prompt, golden.GetProperty("safe_tokens").GetInt32());
            Assert.Equal(golden.GetProperty("safe_text").GetString(), model.Tokenizer.Decode(answer));
        }
    }

    [Fact]
    public void Prompts_AreEncodedAsTheReferenceDid()
    {
        using ModelFile model = ModelFile.Open("aria-tiny");
        foreach (JsonElement golden in Goldens.Cases)
        {
            string text = golden.GetProperty("text").GetString()!;
            uint[] ids = golden.GetProperty("chat").GetBoolean()
                ? model.ChatTemplate.Encode([new("user", text)])
                : [model.Tokenizer.BeginOfSequence, .. model.Tokenizer.Encode(text)];
            Assert.Equal(Ids(golden.GetProperty("ids")), ids);
        }
    }

    private static uint[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(one => one.GetUInt32())];

    private static Candidate[][] Candidates(SpanEngine engine, uint[] tokens)
    {
        float[] rows = new float[tokens.Length * engine.Shape.Dim];
        engine.Embed(tokens, rows);
        using KvCache cache = engine.CreateCache(engine.Span.Layers, tokens.Length);
        engine.Forward(cache, 0, rows);
        return
        [
            .. Enumerable.Range(0, tokens.Length).Select(i =>
            {
                Candidate[] best = new Candidate[64];
                Assert.Equal(64, engine.Head(rows.AsSpan(i * engine.Shape.Dim, engine.Shape.Dim), best));
                return best;
            }),
        ];
    }
}

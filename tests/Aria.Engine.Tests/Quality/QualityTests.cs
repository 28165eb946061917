using System.Text.Json;
using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Models.Import;
using Aria.Engine.Tests.Models;
using Aria.Engine.Tests.Text;

namespace Aria.Engine.Tests.Quality;

/// <summary>
/// The specified arithmetic loses nothing that matters: over texts of four evaluation sets, token after token given, the best token is the reference's wherever the reference is clear, and the
/// perplexity is the reference's.
/// </summary>
public class QualityTests(ITestOutputHelper output)
{
    private const int LeastPositions = 2_000;
    private const int MostTokens = 160;     // of a text
    private const double LeastClear = 0.6;
    private const double LeastEqual = 0.99;
    private const double MostPerplexityDifference = 0.005;

    [Fact]
    public void TheReference_IsTheOneThatTheGoldensAreFrom()
    {
        using ModelFile model = ModelFile.Open("aria-tiny");
        Float64Reference reference = new(model);
        foreach (JsonElement golden in Goldens.Cases.Take(2))
        {
            uint[] ids = [.. golden.GetProperty("ids").EnumerateArray().Concat(golden.GetProperty("greedy").EnumerateArray()).Select(one => one.GetUInt32())];
            double[] margins = [.. golden.GetProperty("margins").EnumerateArray().Select(one => one.GetDouble())];
            Prediction[] found = [.. reference.Logits(ids[..^1]).Zip(ids.Skip(1), Prediction.Of).TakeLast(margins.Length)];
            Assert.Equal(ids[^margins.Length..], found.Select(one => one.Best));
            Assert.All(found.Zip(margins), pair => Assert.Equal(pair.Second, pair.First.Margin, 1e-3));
        }
    }

    [Fact]
    public void TheDefaultModel_AgreesWithItsFloat64Reference()
    {
        using ModelFile model = ModelFile.Open("aria-tiny");
        Float64Reference reference = new(model);
        uint[][] texts = Texts(model);
        Check(Ours(model, texts), [.. texts.AsParallel().AsOrdered().SelectMany(tokens => reference.Logits(tokens[..^1]).Zip(tokens.Skip(1), Prediction.Of))]);
    }

    [Fact]
    public async Task AForeignModel_AgreesWithLlamaCpp_OnTheSameFile()
    {
        string path = Path.Combine(Path.GetTempPath(), $"aria-{Guid.NewGuid():n}.gguf");
        try
        {
            await File.WriteAllBytesAsync(path, HkustModel.Convert(NumberFormat.F16, TernaryFormat.TQ2), TestContext.Current.CancellationToken);
            using ModelFile model = ModelFile.Open(path);
            uint[][] texts = Texts(model);
            Check(Ours(model, texts), await LlamaCpp.PredictAsync(path, texts, TestContext.Current.CancellationToken));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static uint[][] Texts(ModelFile model) =>
    [
        .. EvaluationTexts.Take(stories: 14, others: 4).Select(text => (uint[])[model.Tokenizer.BeginOfSequence, .. model.Tokenizer.Encode(text).Take(MostTokens)]),
    ];

    private static List<Prediction> Ours(ModelFile model, uint[][] texts)
    {
        int dim = model.Shape.Dim;
        using SpanEngine engine = new(model, StageSpan.Whole(model.Shape.Layers), new());
        List<Prediction> all = [];
        Candidate[] candidates = new Candidate[model.Shape.Vocabulary];
        double[] logits = new double[candidates.Length];
        foreach (uint[] tokens in texts)
        {
            float[] rows = new float[(tokens.Length - 1) * dim];
            engine.Embed(tokens.AsSpan(..^1), rows);
            using KvCache cache = engine.CreateCache(engine.Span.Layers, tokens.Length);
            engine.Forward(cache, 0, rows);
            for (int i = 0; i < tokens.Length - 1; i++)
            {
                engine.Head(rows.AsSpan(i * dim, dim), candidates);
                Array.ForEach(candidates, one => logits[one.Token] = one.Logit);
                all.Add(Prediction.Of(logits, tokens[i + 1]));
            }
        }

        return all;
    }

    private void Check(List<Prediction> ours, List<Prediction> reference)
    {
        Agreement agreement = Agreement.Of(ours, reference);
        output.WriteLine(agreement.ToString());
        Assert.True(
            agreement.Positions >= LeastPositions && agreement.ClearShare >= LeastClear && agreement.EqualShare >= LeastEqual && agreement.PerplexityDifference <= MostPerplexityDifference,
            agreement.ToString());
    }
}

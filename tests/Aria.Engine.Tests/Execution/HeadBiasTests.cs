using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Engine.Sampling;

namespace Aria.Engine.Tests.Execution;

public class HeadBiasTests
{
    [Fact]
    public void Biases_ChangeTheRanking_BeforeTheBestAreTaken()
    {
        using ModelFile model = ModelFile.Open("aria-tiny");
        int layers = model.Shape.Layers;
        using SpanEngine engine = new(model, StageSpan.Whole(layers), new EngineOptions());
        using KvCache cache = engine.CreateCache(LayerRange.Of(0, layers), 1);
        float[] row = new float[model.Shape.Dim];
        engine.Embed([model.Tokenizer.BeginOfSequence], row);
        engine.Forward(cache, 0, row);

        Candidate[] all = new Candidate[model.Shape.Vocabulary];
        Assert.Equal(all.Length, engine.Head(row, all));
        Candidate last = all[^1], first = all[0];
        float lift = 50;
        LogitAdjustment biases = new(RepetitionPenalties.None, 0, LogitBiases.Of([new(last.Token, lift), new(first.Token, -100)]));
        Candidate[] biased = new Candidate[all.Length];
        engine.Head(row, biased, biases);
        Candidate[] expected =
        [
            .. all.Select(one => one with { Logit = one.Token == last.Token ? one.Logit + lift : one.Token == first.Token ? one.Logit - 100 : one.Logit })
                .OrderByDescending(one => one.Logit).ThenBy(one => one.Token),
        ];
        Assert.Equal(expected, biased);
        Candidate[] best = new Candidate[1];
        engine.Head(row, best, biases);
        Assert.Equal(last.Token, best[0].Token);
        engine.Head(row, best);
        Assert.Equal(first, best[0]);
    }
}

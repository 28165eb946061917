using Aria.Engine.Sampling;
using CsCheck;

namespace Aria.Engine.Tests.Sampling;

/// <summary>The sampler over the head's candidates against a plain one over all logits, written with sorting and the library's exponential.</summary>
public class SamplerReferenceTests
{
    private static readonly Gen<SamplingParameters> Parameters =
        from temperature in Gen.OneOf(Gen.Const(0f), Gen.Single[0.2f, 2])
        from topK in Gen.OneOf(Gen.Const(0), Gen.Int[1, 256])
        from topP in Gen.OneOf(Gen.Const(1f), Gen.Single[0.05f, 1])
        from minP in Gen.OneOf(Gen.Const(0f), Gen.Single[0, 0.5f])
        from seed in Gen.ULong
        from penalties in Gen.Select(Gen.Single[0.7f, 2], Gen.Single[-2, 2], Gen.Single[-2, 2])
        from bias in Gen.Single[1, 9]
        select new SamplingParameters(temperature, topK, topP, seed)
        {
            MinP = minP,
            Penalties = new(penalties.Item1, penalties.Item2, penalties.Item3),
            Biases = LogitBiases.Of([new(3, bias), new(17, -bias), new(9999, 5)]),
        };

    [Fact]
    public void TheChoice_IsThatOfAPlainSampler() =>
        Gen.Select(Parameters, Gen.Int[1, 900], Gen.UInt[0, 899].Array[1, 40], Gen.Int[0, 1 << 20], Gen.Int).Sample(
            (parameters, vocabulary, tokens, position, seed) =>
            {
                Random random = new(seed);
                float[] logits = [.. Enumerable.Range(0, vocabulary).Select(_ => MathF.Round((float)(random.NextDouble() - 0.5) * 16, 3))];     // with ties
                uint[] history = [.. tokens.Where(token => token < vocabulary)];
                int prompt = history.Length / 2;

                LogitAdjustment adjustment = LogitAdjustment.Of(parameters, prompt);
                adjustment.Count(history);
                float[] adjusted = [.. logits];
                adjustment.Apply(adjusted);
                Candidate[] candidates = new Candidate[Math.Min(parameters.CandidateCount, vocabulary)];
                Aria.Engine.Execution.CandidateSelection.Best(adjusted, candidates);
                uint chosen = Sampler.Choose(candidates, parameters, position);

                // The library's exponential is off in the last bits: what lies on an edge may fall on either side.
                double u = Sampler.Uniform(parameters.Seed, position);
                IEnumerable<uint> plausible =
                    from du in (double[])[0, -1e-9, 1e-9]
                    from dp in (double[])[0, -1e-9, 1e-9]
                    from dq in (double[])[0, -1e-9, 1e-9]
                    select Plain(logits, history, prompt, parameters, u + du, parameters.TopP + dp, parameters.MinP + dq);
                Assert.Contains(chosen, plausible);
            },
            iter: 3_000);

    private static uint Plain(float[] logits, uint[] history, int prompt, SamplingParameters parameters, double u, double topP, double minP)
    {
        (RepetitionPenalties penalties, uint[] answer) = (parameters.Penalties, history[prompt..]);
        (uint Token, float Logit)[] all =
        [
            .. logits.Select((logit, id) =>
            {
                float x = logit;
                if (history.Contains((uint)id))
                {
                    x = x > 0 ? x / penalties.Repetition : x * penalties.Repetition;
                    int count = answer.Count(token => token == id);
                    float often = count * penalties.Frequency;
                    x -= often;
                    x -= count > 0 ? penalties.Presence : 0;
                }

                return ((uint)id, x + parameters.Biases.Span.ToArray().Where(bias => bias.Token == id).Sum(bias => bias.Bias));
            }).OrderByDescending(one => one.Item2).ThenBy(one => one.Item1),
        ];
        if (parameters.Temperature == 0)
        {
            return all[0].Token;
        }

        (uint Token, double Weight)[] kept =
        [
            .. all.Take(parameters.TopK == 0 ? 256 : parameters.TopK).Select(one => (one.Token, Math.Exp(((double)one.Logit - all[0].Logit) / parameters.Temperature))),
        ];
        kept = [.. kept.TakeWhile((one, rank) => rank == 0 || one.Item2 >= minP)];
        double mass = kept.Sum(one => one.Weight), reached = 0;
        int needed = 0;
        while (needed < kept.Length && (needed == 0 || (parameters.TopP < 1 ? reached < topP * mass : true)))
        {
            reached += kept[needed++].Weight;
        }

        double threshold = u * reached, sum = 0;
        foreach ((uint token, double weight) in kept.Take(needed))
        {
            sum += weight;
            if (sum > threshold)
            {
                return token;
            }
        }

        return kept[needed - 1].Token;
    }
}

using Aria.Engine.Sampling;
using CsCheck;

namespace Aria.Engine.Tests.Sampling;

public class SamplerTests
{
    private static readonly Candidate[] Four = [new(7, 2f), new(3, 1f), new(9, 0f), new(1, -1f)];

    private static SamplingParameters At(float temperature, int topK = 0, float topP = 1f, ulong seed = 11) =>
        new(temperature, topK, topP, seed);

    private static double[] Frequencies(SamplingParameters parameters, int draws = 20_000)
    {
        double[] counts = new double[Four.Length];
        for (int position = 0; position < draws; position++)
        {
            counts[Array.FindIndex(Four, c => c.Token == Sampler.Choose(Four, parameters, position))]++;
        }

        return [.. counts.Select(count => count / draws)];
    }

    [Fact]
    public void TemperatureZero_TakesTheFirst_WhateverElseIsSaid() =>
        Assert.Equal(7u, Sampler.Choose(Four, At(0, 4, 0.5f, ulong.MaxValue), 3));

    [Theory]
    [InlineData(0.7f)]
    [InlineData(1f)]
    [InlineData(2f)]
    public void Frequencies_FollowTheSoftmax(float temperature)
    {
        double[] weights = [.. Four.Select(c => Math.Exp(c.Logit / temperature))];
        double[] seen = Frequencies(At(temperature));
        for (int i = 0; i < Four.Length; i++)
        {
            Assert.Equal(weights[i] / weights.Sum(), seen[i], tolerance: 0.015);    // over 4 standard deviations; the seed is fixed
        }
    }

    [Fact]
    public void TopK_KeepsTheFirst()
    {
        Assert.Equal([1, 0, 0, 0], Frequencies(At(2, topK: 1), 500));
        double[] two = Frequencies(At(2, topK: 2), 500);
        Assert.Equal(0, two[2] + two[3]);
        Assert.True(two[1] > 0.2);
    }

    [Fact]
    public void TopP_KeepsTheSmallestSetThatReachesIt()
    {
        // At temperature 1 the masses are 0.644, 0.237, 0.087, 0.032.
        Assert.Equal(1, Frequencies(At(1, topP: 0.64f), 500)[0]);
        double[] two = Frequencies(At(1, topP: 0.65f), 500);
        Assert.True(two[1] > 0 && two[2] + two[3] == 0);
        Assert.True(Frequencies(At(1, topP: 0.9f), 500) is [_, _, > 0, 0]);
        Assert.Equal(1, Frequencies(At(1, topP: float.Epsilon), 50)[0]);
    }

    [Fact]
    public void TopK_ActsBeforeTopP() => Assert.True(Frequencies(At(1, topK: 2, topP: 0.9f), 500) is [_, > 0, 0, 0]);

    [Fact]
    public void MinP_KeepsWhatIsNearlyAsProbableAsTheBest()
    {
        // At temperature 1 the weights are 1, 0.368, 0.135, 0.050.
        Assert.Equal(1, Frequencies(At(1) with { MinP = 0.37f }, 500)[0]);
        Assert.True(Frequencies(At(1) with { MinP = 0.36f }, 500) is [_, > 0, 0, 0]);
        Assert.True(Frequencies(At(1) with { MinP = 0.1f }, 500) is [_, > 0, > 0, 0]);
        Assert.Equal(1, Frequencies(At(2) with { MinP = 1 }, 50)[0]);
        Assert.True(Frequencies(At(1, topP: 0.9f) with { MinP = 0.36f }, 2000) is [_, > 0, 0, 0]);     // top-p takes its mass of what min-p left
    }

    [Fact]
    public void SeedAndPosition_Decide()
    {
        uint[] Draw(ulong seed) => [.. Enumerable.Range(0, 64).Select(p => Sampler.Choose(Four, At(2, seed: seed), p))];
        Assert.Equal(Draw(1), Draw(1));
        Assert.NotEqual(Draw(1), Draw(2));
        Assert.True(Draw(1).Distinct().Count() > 2);
    }

    [Fact]
    public void AVeryLowTemperature_IsGreedy() => Assert.Equal([1, 0, 0, 0], Frequencies(At(1e-30f), 200));

    [Fact]
    public void TheChoice_IsAmongTheCandidates() =>
        Gen.Select(Gen.Single[-200, 200].Array[1, 256], Gen.Single[0, 2], Gen.Int[0, 256], Gen.Single[1e-9f, 1], Gen.ULong, Gen.Int[0, 1 << 30]).Sample(
            (logits, temperature, topK, topP, seed, position) =>
            {
                Candidate[] candidates = [.. logits.OrderDescending().Select((logit, i) => new Candidate((uint)i, logit))];
                uint chosen = Sampler.Choose(candidates, new(temperature, topK, topP, seed), position);
                Assert.True(chosen < (topK == 0 ? candidates.Length : Math.Min(topK, candidates.Length)));
            },
            iter: 5_000);

    [Fact]
    public void WhatIsOutOfRange_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => Sampler.Choose([], At(1), 0));
        Assert.Throws<ArgumentException>(() => Sampler.Choose(new Candidate[257], At(1), 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Sampler.Choose(Four, At(1), -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Sampler.Choose([new(1, 0f), new(2, 1f)], At(1), 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Sampler.Choose([new(1, 0f), new(2, float.NaN)], At(1), 0));
        foreach (SamplingParameters wrong in (SamplingParameters[])
            [At(1) with { MinP = -0.1f }, At(1) with { MinP = 1.1f }, At(1) with { MinP = float.NaN }, At(-0.1f), At(2.1f), At(float.NaN), At(1, -1), At(1, 257), At(1, 0, 0f), At(1, 0, 1.1f), At(1, 0, float.NaN)])
        {
            Assert.Throws<ArgumentException>(() => Sampler.Choose(Four, wrong, 0));
        }
    }
}

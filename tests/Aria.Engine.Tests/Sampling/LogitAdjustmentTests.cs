using Aria.Engine.Sampling;
using CsCheck;

namespace Aria.Engine.Tests.Sampling;

public class LogitAdjustmentTests
{
    private static float[] Penalised(float[] logits, uint[] history, int promptTokens, RepetitionPenalties penalties)
    {
        float[] copy = [.. logits];
        LogitAdjustment.Penalise(copy, history, promptTokens, penalties);
        return copy;
    }

    [Fact]
    public void Repetition_CountsPromptAndAnswer_TheOthersTheAnswerAlone()
    {
        float[] logits = [4, -4, 4, -4, 0];
        Assert.Equal([2, -8, 4, -4, 0], Penalised(logits, [0, 1, 1], 3, new(2, 0, 0)));
        Assert.Equal([4, -4, 3.5f, -5, 0], Penalised(logits, [0, 2, 3, 3], 1, new(1, 0.5f, 0)));
        Assert.Equal([4, -4, 3, -5, 0], Penalised(logits, [0, 2, 3, 3], 1, new(1, 0, 1)));
        Assert.Equal([2, -4, 0.5f, -10, 0], Penalised(logits, [0, 2, 3, 3], 1, new(2, 0.5f, 1)));
        Assert.Equal(logits, Penalised(logits, [0, 1, 2, 3, 4], 2, RepetitionPenalties.None));
    }

    [Fact]
    public void TheOrderOfTheHistory_DoesNotMatter() =>
        Gen.Select(Gen.UInt[0, 9].Array[0, 30], Gen.Single[0.5f, 2], Gen.Single[-2, 2], Gen.Single[-2, 2], Gen.Single[-20, 20].Array[10]).Sample(
            (history, repetition, frequency, presence, logits) =>
                Assert.Equal(Penalised(logits, history, 0, new(repetition, frequency, presence)), Penalised(logits, [.. history.Reverse()], 0, new(repetition, frequency, presence))));

    [Fact]
    public void Biases_AreAdded_AndThoseOfUnknownTokensAreNothing()
    {
        float[] logits = [1, 2, 3];
        Assert.True(LogitAdjustment.TryBias(logits, LogitBiases.Of([new(2, -100), new(0, 0.5f), new(3, 100)])));
        Assert.Equal([1.5f, 2, -97], logits);
        Assert.True(LogitAdjustment.TryBias(logits, default));
    }

    [Fact]
    public void WhatIsOutOfRange_IsMisuse()
    {
        foreach (RepetitionPenalties wrong in (RepetitionPenalties[])[new(0, 0, 0), new(2.1f, 0, 0), new(1, 2.1f, 0), new(1, 0, -2.1f), new(float.NaN, 0, 0), default])
        {
            Assert.Throws<ArgumentException>(() => Penalised([1], [0], 0, wrong));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => Penalised([1], [1], 0, RepetitionPenalties.None));
        Assert.Throws<ArgumentOutOfRangeException>(() => Penalised([1], [0], 2, RepetitionPenalties.None));
    }

    [Fact]
    public void LogProbabilities_AddUpToOne() =>
        Gen.Single[-30, 30].Array[1, 200].Sample(logits =>
        {
            float logSum = LogSum.Of(logits);
            Assert.Equal(1, logits.Select((logit, id) => Math.Exp(LogSum.LogProbability(new((uint)id, logit), logSum))).Sum(), 1e-5);
        });

    [Fact]
    public void Logarithms_AreRight() =>
        Gen.Double[1, 1e9].Sample(x => Assert.Equal(Math.Log(x), OrderedLog.Of(x), 4e-16 * Math.Max(1, Math.Log(x))), iter: 50_000);

    [Fact]
    public void LogSums_OfNothingOrOfInfinities_AreMisuse()
    {
        Assert.Throws<ArgumentException>(() => LogSum.Of([]));
        Assert.Throws<ArgumentException>(() => LogSum.Of([1, float.NegativeInfinity]));
        Assert.Throws<ArgumentOutOfRangeException>(() => OrderedLog.Of(0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => OrderedLog.Of(double.PositiveInfinity));
    }
}

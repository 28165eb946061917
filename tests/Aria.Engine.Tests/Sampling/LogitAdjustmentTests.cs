using Aria.Engine.Sampling;
using CsCheck;

namespace Aria.Engine.Tests.Sampling;

public class LogitAdjustmentTests
{
    private static float[] Adjusted(float[] logits, uint[] history, int promptTokens, RepetitionPenalties penalties, LogitBiases biases = default)
    {
        float[] copy = [.. logits];
        LogitAdjustment adjustment = new(penalties, promptTokens, biases);
        adjustment.Count(history);
        adjustment.Apply(copy);
        return copy;
    }

    [Fact]
    public void Repetition_CountsPromptAndAnswer_TheOthersTheAnswerAlone()
    {
        float[] logits = [4, -4, 4, -4, 0];
        Assert.Equal([2, -8, 4, -4, 0], Adjusted(logits, [0, 1, 1], 3, new(2, 0, 0)));
        Assert.Equal([4, -4, 3.5f, -5, 0], Adjusted(logits, [0, 2, 3, 3], 1, new(1, 0.5f, 0)));
        Assert.Equal([4, -4, 3, -5, 0], Adjusted(logits, [0, 2, 3, 3], 1, new(1, 0, 1)));
        Assert.Equal([2, -4, 0.5f, -10, 0], Adjusted(logits, [0, 2, 3, 3], 1, new(2, 0.5f, 1)));
        Assert.Equal(logits, Adjusted(logits, [0, 1, 2, 3, 4], 2, RepetitionPenalties.None));
    }

    [Fact]
    public void TheOrderOfTheHistory_DoesNotMatter() =>
        Gen.Select(Gen.UInt[0, 9].Array[0, 30], Gen.Single[0.5f, 2], Gen.Single[-2, 2], Gen.Single[-2, 2], Gen.Single[-20, 20].Array[10]).Sample(
            (history, repetition, frequency, presence, logits) =>
                Assert.Equal(Adjusted(logits, history, 0, new(repetition, frequency, presence)), Adjusted(logits, [.. history.Reverse()], 0, new(repetition, frequency, presence))));

    [Fact]
    public void Biases_AreAdded_AndThoseOfUnknownTokensAreNothing()
    {
        Assert.Equal([1.5f, 2, -97], Adjusted([1, 2, 3], [], 0, RepetitionPenalties.None, LogitBiases.Of([new(2, -100), new(0, 0.5f), new(3, 100)])));
        Assert.Equal([1, 2, 3], Adjusted([1, 2, 3], [], 0, RepetitionPenalties.None));
        Assert.Equal([1, 2, 3], Adjusted([1, 2, 3], [7], 0, new(2, 2, 2)));
        Assert.True(LogitAdjustment.None.IsNone);
    }

    [Fact]
    public void SomeTokens_AreAdjustedAsAllAre() =>
        Gen.Select(Gen.UInt[0, 49].Array[0, 60], Gen.Single[0.25f, 2], Gen.Single[-2, 2], Gen.Single[-20, 20].Array[50], Gen.Int[0, 49].Array[0, 20]).Sample(
            (history, repetition, other, logits, picked) =>
            {
                LogitAdjustment adjustment = new(new(repetition, other, -other), 10, LogitBiases.Of([new(4, 3), new(60, 1)]));
                adjustment.Count(history);
                int[] tokens = [.. picked.Distinct().Order()];
                float[] some = [.. tokens.Select(token => logits[token])];
                adjustment.Apply(logits);
                adjustment.Apply(tokens, some);
                Assert.Equal(tokens.Select(token => logits[token]), some);
            });

    // What screening rests on: bounds stay bounds.
    [Fact]
    public void NoStep_TurnsTheOrderAround() =>
        Gen.Select(Gen.Single, Gen.Single, Gen.OneOf(Gen.Single[1e-6f, 2], Gen.Single[float.Epsilon, 1e-40f]), Gen.Single[-2, 2], Gen.Single[-2, 2], Gen.UInt[0, 5]).Sample(
            (one, other, repetition, frequency, presence, often) =>
            {
                if (float.IsFinite(one) && float.IsFinite(other))
                {
                    uint[] history = [.. Enumerable.Repeat(0u, 2 + (int)often)];
                    RepetitionPenalties penalties = new(repetition, frequency, presence);
                    Assert.True(Adjusted([Math.Min(one, other)], history, 2, penalties)[0] <= Adjusted([Math.Max(one, other)], history, 2, penalties)[0]);
                }
            },
            iter: 20_000);

    [Fact]
    public void ANegativeZero_IsZero()
    {
        Assert.True(new RepetitionPenalties(1, -0f, -0f).IsNone);
        Assert.Equal(0u, BitConverter.SingleToUInt32Bits((RepetitionPenalties.None with { Frequency = -0f }).Frequency));
        Assert.Equal(0u, BitConverter.SingleToUInt32Bits(new RepetitionPenalties(2, 1, -0f).Presence));
    }

    [Fact]
    public void WhatIsOutOfRange_IsMisuse()
    {
        foreach (RepetitionPenalties wrong in (RepetitionPenalties[])
            [new(0, 0, 0), new(2.1f, 0, 0), new(1, 2.1f, 0), new(1, 0, -2.1f), new(float.NaN, 0, 0), default])
        {
            Assert.Throws<ArgumentException>(() => Adjusted([1], [0], 0, wrong));
        }
    }
}

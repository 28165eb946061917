namespace Aria.Primitives.Tests;

public class LogitBiasesTests
{
    [Fact]
    public void TheyAreSorted_AndZerosLeftOut()
    {
        LogitBiases biases = LogitBiases.Of([new(9, 2.5f), new(4, 0), new(7, -100)]);
        Assert.Equal([new(7, -100), new(9, 2.5f)], biases.Span.ToArray());
        Assert.Equal("{7:-100, 9:2.5}", biases.ToString());
    }

    [Fact]
    public void EqualBiases_AreEqual_AndSoAreParametersWithThem()
    {
        LogitBiases one = LogitBiases.Of([new(1, 1), new(2, 2)]), same = LogitBiases.Of([new(2, 2), new(1, 1)]), other = LogitBiases.Of([new(1, 1)]);
        Assert.True(one == same && one != other && one.GetHashCode() == same.GetHashCode());
        Assert.Equal(SamplingParameters.Greedy with { Biases = one }, SamplingParameters.Greedy with { Biases = same });
        Assert.NotEqual(SamplingParameters.Greedy with { Biases = one }, SamplingParameters.Greedy);
        Assert.True(default(LogitBiases).IsEmpty && default == LogitBiases.Of([]));
    }

    [Fact]
    public void OnlyOneSpelling_IsTakenAsItIs()
    {
        Assert.True(LogitBiases.TryOf([new(1, 1), new(2, -100)], out LogitBiases biases));
        Assert.Equal(2, biases.Span.Length);
        Assert.True(LogitBiases.TryOf([], out _));
        Assert.False(LogitBiases.TryOf(default, out _));
        Assert.False(LogitBiases.TryOf([new(2, 1), new(1, 1)], out _));
        Assert.False(LogitBiases.TryOf([new(1, 1), new(1, 2)], out _));
        foreach (float wrong in (float[])[0f, -0f, 100.5f, -101f, float.NaN, float.PositiveInfinity])
        {
            Assert.False(LogitBiases.TryOf([new(1, wrong)], out _));
        }

        Assert.False(LogitBiases.TryOf([.. Enumerable.Range(0, 65).Select(i => new LogitBias((uint)i, 1))], out _));
    }

    [Fact]
    public void WhatCannotBe_IsMisuse()
    {
        Assert.Throws<ArgumentException>(() => LogitBiases.Of([new(1, 1), new(1, 2)]));
        Assert.Throws<ArgumentException>(() => LogitBiases.Of([new(1, 101)]));
        Assert.Throws<ArgumentException>(() => LogitBiases.Of([new(1, float.NaN)]));
        Assert.Throws<ArgumentException>(() => LogitBiases.Of(Enumerable.Range(0, 65).Select(i => new LogitBias((uint)i, 1))));
    }
}

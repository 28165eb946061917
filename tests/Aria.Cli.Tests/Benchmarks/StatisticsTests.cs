using Aria.Cli.Benchmarks;
using Aria.Cli.Commands;

namespace Aria.Cli.Tests.Benchmarks;

public class StatisticsTests
{
    [Theory]
    [InlineData(2.0, 3.0, 1.0, 2.0)]
    [InlineData(2.5, 1.0, 2.0, 3.0, 4.0)]
    [InlineData(7.0, 7.0)]
    public void Median_IsTheMiddle(double expected, params double[] values) => Assert.Equal(expected, Median.Of(values));

    [Fact]
    public void Nothing_HasNoFigures()
    {
        Assert.Throws<ArgumentException>(() => Median.Of([]));
        Assert.Throws<ArgumentException>(() => Spread.Of([]));
        Assert.Throws<ArgumentException>(() => Percentiles.Of([]));
    }

    [Fact]
    public void Spread_IsRelativeToTheMedian()
    {
        Assert.Equal(new(8, 12, 0.4), Spread.Of([10.0, 12, 8]));
        Assert.Equal(new(0, 0, 0), Spread.Of([0.0, 0]));
    }

    [Fact]
    public void Percentiles_AreValuesOfTheSample_ByNearestRank()
    {
        Assert.Equal(new(50, 95, 99), Percentiles.Of(Enumerable.Range(1, 100).Reverse().Select(i => (double)i)));
        Assert.Equal(new(2, 3, 3), Percentiles.Of([3.0, 1, 2]));
        Assert.Equal(new(4, 4, 4), Percentiles.Of([4.0]));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1, 2)]
    [InlineData(6, 1, 2, 4, 6)]
    [InlineData(8, 1, 2, 4, 8)]
    public void ThreadCounts_ArePowersOfTwoAndTheWhole(int cpus, params int[] expected) => Assert.Equal(expected, BenchThreadsCommand.UpTo(cpus));

    [Fact]
    public void Prompt_StaysInTheVocabulary_AndIsFixed()
    {
        uint[] prompt = EngineStreams.Prompt(1000, 2048);
        Assert.All(prompt, token => Assert.InRange(token, 0u, 2047u));
        Assert.Equal(prompt, EngineStreams.Prompt(1000, 2048));
        Assert.Equal(prompt[..10], EngineStreams.Prompt(10, 2048));
        Assert.True(prompt.Distinct().Count() > 500);
    }
}

namespace Aria.Tests;

public class SamplingParametersTests
{
    [Fact]
    public void Greedy_WantsOneCandidate()
    {
        Assert.True(SamplingParameters.Greedy.IsGreedy);
        Assert.Equal(1, SamplingParameters.Greedy.CandidateCount);
        Assert.True(new SamplingParameters(-0f, 40, 0.9f, 7).IsGreedy);
    }

    [Fact]
    public void AnyOther_WantsAllThatAHeadReturns()
    {
        SamplingParameters warm = SamplingParameters.Greedy with { Temperature = float.Epsilon };
        Assert.False(warm.IsGreedy);
        Assert.Equal(SamplingParameters.MaxCandidates, warm.CandidateCount);
    }
}

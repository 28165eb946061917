using Aria.Scheduling;

namespace Aria.Discovery.Tests;

public sealed class StepRatiosTests
{
    private static readonly NodeId Node = new(Digest.Of("node"u8));
    private static readonly ModelId Model = new(Digest.Of("model"u8));
    private static readonly StepCost Claim = new(100, 50, 1000);

    private static StepCost After(StepCost claim, params (long Claimed, double Measured)[] steps)
    {
        StepRatios ratios = new();
        Array.ForEach(steps, step => ratios.Add(Node, Model, step.Claimed, step.Measured));
        return ratios.Apply(Node, Model, claim);
    }

    [Fact]
    public void WithoutMeasurement_AClaimCountsAsItStands() => Assert.Equal(Claim, After(Claim));

    [Theory]
    [InlineData(100, 100)]
    [InlineData(100, 199)]
    [InlineData(100, 51)]
    public void WithinAFactorOfTwo_ItCountsAsItStands(long claimed, double measured) => Assert.Equal(Claim, After(Claim, (claimed, measured)));

    [Fact]
    public void ABoast_IsPulledToHalfOfWhatWasSeen() => Assert.Equal(new(500, 250, 5000), After(Claim, (100, 1000)));

    [Fact]
    public void Modesty_IsPulledToTwiceWhatWasSeen() => Assert.Equal(new(20, 10, 200), After(Claim, (1000, 100)));

    [Fact]
    public void AClaimOfNothing_CountsAsSomething_OnceSeen()
    {
        Assert.Equal(new(50, 50, 50), After(new(0, 0, 0), (0, 100)));
        Assert.Equal(StepCost.MaxMicroseconds, After(new(0, StepCost.MaxMicroseconds, 0), (1, 1e12)).PerLayer);
    }

    [Fact]
    public void TheNewestMeasurement_HasTheWeightOfAQuarter() =>
        Assert.Equal(new(200, 100, 2000), After(Claim, (100, 100), (100, 1300)));     // r = 1 + 12/4 = 4

    [Fact]
    public void AnotherNode_IsAnotherMatter()
    {
        StepRatios ratios = new();
        ratios.Add(Node, Model, 1, 1000);
        Assert.Equal(Claim, ratios.Apply(new(Digest.Of("other"u8)), Model, Claim));
        Assert.Equal(Claim, ratios.Apply(Node, new(Digest.Of("other"u8)), Claim));
    }
}

using Aria.Pipeline.Control;
using Aria.Pipeline.Gateways;

namespace Aria.Pipeline.Tests.Gateways;

public sealed class BlameTests
{
    [Theory]
    [InlineData(FaultCode.Internal, 1, true)]
    [InlineData(FaultCode.NonFinite, 1, true)]
    [InlineData(FaultCode.Deadline, 1, true)]
    [InlineData(FaultCode.ShuttingDown, 1, true)]
    [InlineData(FaultCode.PredecessorLost, 0, false)]
    [InlineData(FaultCode.BadInput, 0, false)]
    [InlineData(FaultCode.SuccessorLost, 2, false)]
    public void AFaultOfStageOne_MeansAStage(FaultCode code, int stage, bool firstHand) => Assert.Equal((stage, firstHand), Blame.Of(1, 3, code));

    [Fact]
    public void AtTheEnds_TheSenderIsMeant()
    {
        Assert.Equal(0, Blame.Of(0, 3, FaultCode.PredecessorLost).Stage);
        Assert.Equal(0, Blame.Of(0, 3, FaultCode.BadInput).Stage);
        Assert.Equal(2, Blame.Of(2, 3, FaultCode.SuccessorLost).Stage);
    }

    [Fact]
    public void OfASilentStep_TheFirstThatDoesNotAnswerIsMeant_ElseTheFirstThatHoldsSomethingBack_ElseTheFirst()
    {
        Assert.Equal(2, Blame.OfProgress([new(5, 4), new(4, 4), null, null]));
        Assert.Equal(1, Blame.OfProgress([new(5, 5), new(5, 4), new(4, 3)]));
        Assert.Equal(0, Blame.OfProgress([new(5, 5), new(5, 5)]));
    }
}

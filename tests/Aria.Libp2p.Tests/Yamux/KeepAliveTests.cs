using Aria.Libp2p.Yamux;

namespace Aria.Libp2p.Tests.Yamux;

public sealed class KeepAliveTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly KeepAlive _keepAlive = new(Interval, Timeout);

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    [Fact]
    public void AsksAtOnce_AndAnIntervalAfterEachAnswer()
    {
        Assert.Equal(KeepAliveStep.Ask, _keepAlive.Due(At(0)));
        _keepAlive.Asked(1, At(0));
        Assert.Equal(KeepAliveStep.Wait, _keepAlive.Due(At(1)));
        Assert.Equal(At(0.5), _keepAlive.Answered(1, At(0.5)));
        Assert.Equal(KeepAliveStep.Wait, _keepAlive.Due(At(30)));
        Assert.Equal(KeepAliveStep.Ask, _keepAlive.Due(At(30.5)));
    }

    [Fact]
    public void TwoUnansweredInARow_AreTheEnd_AndOneIsNot()
    {
        _keepAlive.Asked(1, At(0));
        Assert.Equal(KeepAliveStep.Wait, _keepAlive.Due(At(9.9)));
        Assert.Equal(KeepAliveStep.Ask, _keepAlive.Due(At(10)));
        _keepAlive.Asked(2, At(10));
        Assert.NotNull(_keepAlive.Answered(2, At(11)));
        Assert.Equal(KeepAliveStep.Ask, _keepAlive.Due(At(41)));
        _keepAlive.Asked(3, At(41));
        Assert.Equal(KeepAliveStep.Ask, _keepAlive.Due(At(51)));
        _keepAlive.Asked(4, At(51));
        Assert.Equal(KeepAliveStep.GiveUp, _keepAlive.Due(At(61)));
    }

    [Fact]
    public void AnswersThatNobodyAskedFor_AreNone()
    {
        Assert.Null(_keepAlive.Answered(0, At(0)));
        _keepAlive.Asked(7, At(0));
        Assert.Null(_keepAlive.Answered(8, At(1)));
        Assert.NotNull(_keepAlive.Answered(7, At(1)));
        Assert.Null(_keepAlive.Answered(7, At(2)));
    }

    [Fact]
    public void WithoutAnInterval_NothingIsAsked() =>
        Assert.Equal(KeepAliveStep.Wait, new KeepAlive(System.Threading.Timeout.InfiniteTimeSpan, Timeout).Due(At(1000)));
}

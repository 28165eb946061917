using Aria.Libp2p.KadDht.Routing;

namespace Aria.Libp2p.KadDht.Tests.Routing;

public sealed class FailedPeersTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;

    private readonly FailedPeers _failed = new(TimeSpan.FromSeconds(30));

    [Fact]
    public void WhoCannotBeReached_IsPassedOver_UntilTheWhileIsOverOrItShowsItself()
    {
        _failed.Add(Samples.Peer(1), Start);
        _failed.Add(Samples.Peer(2), Start);
        _failed.Remove(Samples.Peer(2));
        Assert.True(_failed.Contains(Samples.Peer(1), Start.AddSeconds(29)));
        Assert.False(_failed.Contains(Samples.Peer(1), Start.AddSeconds(30)));
        Assert.False(_failed.Contains(Samples.Peer(2), Start));
    }

    [Fact]
    public void ThreeSilencesInARow_AreOneTooMany()
    {
        Assert.False(_failed.AddSilence(Samples.Peer(1), Start));
        Assert.False(_failed.AddSilence(Samples.Peer(1), Start));
        Assert.False(_failed.Contains(Samples.Peer(1), Start));
        _failed.Remove(Samples.Peer(1));        // it answered
        Assert.False(_failed.AddSilence(Samples.Peer(1), Start));
        Assert.False(_failed.AddSilence(Samples.Peer(1), Start));
        Assert.True(_failed.AddSilence(Samples.Peer(1), Start));
        Assert.True(_failed.Contains(Samples.Peer(1), Start.AddSeconds(29)));
        Assert.False(_failed.AddSilence(Samples.Peer(1), Start.AddSeconds(60)));
    }

    [Fact]
    public void ItIsBounded_AndForgetsWhatIsOver()
    {
        for (int i = 0; i < 10_000; i++)
        {
            _failed.Add(Samples.Peer(i), Start.AddSeconds(i));
        }

        Assert.True(_failed.Contains(Samples.Peer(9_999), Start.AddSeconds(9_999)));
    }
}

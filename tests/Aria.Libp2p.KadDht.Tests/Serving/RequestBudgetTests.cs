using Aria.Libp2p.KadDht.Serving;

namespace Aria.Libp2p.KadDht.Tests.Serving;

public sealed class RequestBudgetTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;

    private readonly RequestBudget _budget = new(perSecond: 10, burst: 5);

    private int Take(PeerId peer, DateTimeOffset now)
    {
        int taken = 0;
        while (taken < 100 && _budget.TryTake(peer, now))
        {
            taken++;
        }

        return taken;
    }

    [Fact]
    public void APeer_HasItsBurst_ThenItsRate_AndNeverMoreThanTheBurst()
    {
        Assert.Equal(5, Take(Samples.Peer(1), Start));
        Assert.Equal(0, Take(Samples.Peer(1), Start));
        Assert.Equal(3, Take(Samples.Peer(1), Start.AddMilliseconds(300)));
        Assert.Equal(5, Take(Samples.Peer(1), Start.AddMinutes(1)));
        Assert.Equal(0, Take(Samples.Peer(1), Start));     // a clock that goes back gives nothing
    }

    [Fact]
    public void Peers_HaveBudgetsOfTheirOwn()
    {
        Take(Samples.Peer(1), Start);
        Assert.Equal(5, Take(Samples.Peer(2), Start));
    }

    [Fact]
    public void ManyPeers_AreBounded_AndWhoSpentAllIsRemembered()
    {
        Take(Samples.Peer(0), Start);
        for (int i = 1; i < 6_000; i++)
        {
            Assert.True(_budget.TryTake(Samples.Peer(i), Start));
        }

        Assert.Equal(0, Take(Samples.Peer(0), Start));
        Assert.Equal(5, Take(Samples.Peer(0), Start.AddSeconds(1)));
    }
}

using Aria.Libp2p.Nat.LocalDiscovery;
using Microsoft.Extensions.Time.Testing;

namespace Aria.Libp2p.Nat.Tests.LocalDiscovery;

/// <summary>Who counts as found.</summary>
public sealed class FoundPeersTests
{
    private static readonly TimeSpan TimeToLive = TimeSpan.FromMinutes(2);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void APeer_IsNewsOnce_AndAgainWithOtherAddresses()
    {
        FoundPeers found = new(8, TimeToLive, _time);
        Assert.True(found.IsNews(Peer(1, 1, 2)));
        Assert.False(found.IsNews(Peer(1, 2, 1)));
        Assert.True(found.IsNews(Peer(1, 1)));
        Assert.True(found.IsNews(Peer(2, 1)));
    }

    [Fact]
    public void AFlood_DrivesNobodyOut_WhoWasHeardOfLately()
    {
        FoundPeers found = new(2, TimeToLive, _time);
        found.IsNews(Peer(1, 1));
        _time.Advance(TimeToLive / 2);
        found.IsNews(Peer(2, 1));
        Assert.All(Enumerable.Range(3, 50), number => Assert.False(found.IsNews(Peer(number, 1))));
        Assert.False(found.IsNews(Peer(1, 1)));     // known still
        _time.Advance(TimeToLive / 2);
        Assert.False(found.IsNews(Peer(3, 1)));     // 2 was heard of a minute ago, 1 too
        _time.Advance(TimeToLive / 2);
        Assert.True(found.IsNews(Peer(3, 1)));      // in the place of 2
        Assert.True(found.IsNews(Peer(2, 1)));      // in the place of 1
    }

    private static PeerInfo Peer(int number, params int[] ports) => new(
        PeerId.FromEd25519(Enumerable.Repeat((byte)number, 32).ToArray()), [.. ports.Select(port => Multiaddress.Parse($"/ip4/10.1.0.{number}/tcp/{port}"))]);
}

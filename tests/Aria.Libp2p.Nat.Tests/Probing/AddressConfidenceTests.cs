using Aria.Libp2p.Nat.Probing;
using Microsoft.Extensions.Time.Testing;

namespace Aria.Libp2p.Nat.Tests.Probing;

/// <summary>The decisions: what is believed, and who may ask how often.</summary>
public sealed class AddressConfidenceTests
{
    private static readonly PeerId[] Servers = [.. Enumerable.Range(1, 40).Select(number => PeerId.FromEd25519(Enumerable.Repeat((byte)number, 32).ToArray()))];
    private static readonly Multiaddress One = Multiaddress.Parse("/ip4/192.0.2.1/tcp/1"), Two = Multiaddress.Parse("/ip4/192.0.2.1/tcp/2");

    [Fact]
    public void ABelief_NeedsVotesOfDifferentServers()
    {
        AddressConfidence confidence = new(neededVotes: 3);
        for (int times = 0; times < 5; times++)
        {
            Assert.Equal(Reachability.Unknown, confidence.Record(One, Servers[0], reached: true));
        }

        Assert.Equal(Reachability.Unknown, confidence.Record(One, Servers[1], reached: true));
        Assert.Equal(Reachability.Public, confidence.Record(One, Servers[2], reached: true));
        Assert.Equal((Reachability.Public, Reachability.Unknown), (confidence.Overall, confidence.Of(Two)));
    }

    [Fact]
    public void ABelief_IsKept_UntilTheVotesForTheOtherAreSoManyMore()
    {
        AddressConfidence confidence = new(neededVotes: 2);
        confidence.Record(One, Servers[0], true);
        confidence.Record(One, Servers[1], true);
        Assert.Equal(Reachability.Public, confidence.Record(One, Servers[2], false));
        Assert.Equal(Reachability.Public, confidence.Record(One, Servers[3], false));
        Assert.Equal(Reachability.Public, confidence.Record(One, Servers[4], false));
        Assert.Equal(Reachability.Private, confidence.Record(One, Servers[5], false));
        Assert.Equal(Reachability.Private, confidence.Record(One, Servers[5], true));
        Assert.Equal(Reachability.Private, confidence.Overall);
    }

    [Fact]
    public void ThePeer_IsPublicByOneAddress_AndPrivateByAll()
    {
        AddressConfidence confidence = new(neededVotes: 1);
        confidence.Record(One, Servers[0], false);
        Assert.Equal(Reachability.Private, confidence.Overall);
        confidence.Record(Two, Servers[0], true);
        Assert.Equal(Reachability.Public, confidence.Overall);
        confidence.Keep([One]);
        Assert.Equal((Reachability.Private, Reachability.Unknown), (confidence.Overall, confidence.Of(Two)));
    }

    [Fact]
    public void AFewLiars_AreOutvoted_AndTheirVotesAge()
    {
        AddressConfidence confidence = new(neededVotes: 3);
        Assert.All(Servers.Take(4), server => confidence.Record(One, server, false));
        Assert.Equal(Reachability.Private, confidence.Of(One));
        Assert.All(Servers.Skip(4).Take(AddressConfidence.MaxVotes), server => confidence.Record(One, server, true));
        Assert.Equal(Reachability.Public, confidence.Of(One));
    }

    [Fact]
    public void Addresses_AreBounded()
    {
        AddressConfidence confidence = new(neededVotes: 1);
        confidence.Record(One, Servers[0], true);
        for (int port = 1; port <= AddressConfidence.MaxAddresses; port++)
        {
            confidence.Record(Multiaddress.Parse($"/ip4/192.0.2.9/tcp/{port}"), Servers[0], false);
        }

        Assert.Equal((Reachability.Unknown, Reachability.Private), (confidence.Of(One), confidence.Overall));
    }

    [Fact]
    public void TheBudget_HoldsInAMinute_ForEach_AndInAll_AndOneAtATime()
    {
        FakeTimeProvider time = new();
        ProbeBudget budget = new(new() { MaxRequestsPerMinute = 3, MaxRequestsPerMinuteAndPeer = 2, MaxDials = 2 }, time);
        Assert.True(budget.TryTake(Servers[0]));
        Assert.False(budget.TryTake(Servers[0]));
        budget.Return(Servers[0]);
        Assert.True(budget.TryTake(Servers[0]));
        budget.Return(Servers[0]);
        Assert.False(budget.TryTake(Servers[0]));
        Assert.True(budget.TryTake(Servers[1]));
        Assert.False(budget.TryTake(Servers[2]));
        budget.Return(Servers[1]);
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(budget.TryTake(Servers[0]));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(budget.TryTake(Servers[0]));
        Assert.True(budget.TryTake(Servers[1]));
        Assert.False(budget.TryTake(Servers[2]));
    }
}

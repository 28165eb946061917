using Aria.Libp2p.Nat.Probing;
using Aria.Libp2p.Transports;

namespace Aria.Libp2p.Nat.Tests.Probing;

/// <summary>What a peer tells others, by what it believes of itself.</summary>
public sealed class ReachabilityBeliefTests
{
    private static readonly PeerId Relay = PeerId.FromEd25519(Enumerable.Repeat((byte)7, 32).ToArray());
    private static readonly PeerId[] Servers = [.. Enumerable.Range(1, 4).Select(number => PeerId.FromEd25519(Enumerable.Repeat((byte)number, 32).ToArray()))];

    private static readonly Multiaddress Inner = Multiaddress.Parse("/ip4/10.1.0.2/tcp/4001"), Outer = Multiaddress.Parse("/ip4/192.0.2.1/tcp/4001"), Own = Multiaddress.Parse("/ip4/192.0.2.2/tcp/4001"),
        Relayed = Multiaddress.Parse($"/ip4/192.0.2.9/tcp/1/p2p/{Relay}/p2p-circuit");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void WhileNothingIsKnown_EverythingIsAnnounced() => Assert.Equal([Inner, Relayed], ReachabilityBelief.None.Announced([Inner, Relayed]));

    [Fact]
    public void InReach_WhatOthersReached_IsAnnounced()
    {
        Assert.Equal([Outer], new ReachabilityBelief(Reachability.Public, [Outer], []).Announced([Inner, Relayed]));
        Assert.Equal([Own], new ReachabilityBelief(Reachability.Public, [Own], [Outer]).Announced([Inner, Own]));
    }

    [Fact]
    public void OutOfReach_TheRelays_AndWithoutOne_WhatNobodyRefuted()
    {
        ReachabilityBelief belief = new(Reachability.Private, [], [Own, Outer]);
        Assert.Equal([Relayed], belief.Announced([Inner, Own, Relayed]));
        Assert.Equal([Inner], belief.Announced([Inner, Own.WithPeer(Relay)]));
        Assert.Empty(belief.Announced([Own]));
    }

    [Fact]
    public void OutOfReach_IsBelieved_UntilAnAddressIsReached()
    {
        AddressConfidence confidence = new(neededVotes: 2);
        ReachabilityBelief belief = Asked(ReachabilityBelief.None, Own, (0, false), (1, false));
        Assert.Equal(new(Reachability.Private, [], [Own]), belief);

        // A NAT that gives each connection another port is seen at an address that nobody judged yet.
        confidence.Keep([Outer]);
        belief = Asked(belief, Outer, (0, false));
        Assert.Equal(new(Reachability.Private, [], []), belief);
        belief = Asked(belief, Outer, (0, true), (1, true));
        Assert.Equal(new(Reachability.Public, [Outer], []), belief);

        // Without that address it may be anything: nobody was refused.
        confidence.Keep([Own]);
        Assert.Equal(new(Reachability.Unknown, [], []), Asked(belief, Own, (0, true)));

        ReachabilityBelief Asked(ReachabilityBelief before, Multiaddress address, params (int Server, bool Reached)[] votes)
        {
            Array.ForEach(votes, vote => confidence.Record(address, Servers[vote.Server], vote.Reached));
            return before.After(confidence, [address]);
        }
    }

    [Fact]
    public async Task WhatIsAnnounced_IsPushed_AndFollowsWhatIsListenedOn()
    {
        MemoryNetwork network = new();
        await using NatPeer one = await new NatPeer(new MemoryTransport(network)).ListenAsync("/memory/1"), other = await new NatPeer(new MemoryTransport(network)).ListenAsync("/memory/2");
        await other.Local.ConnectAsync(one.Local.Addresses[0], Stop);
        await UntilAsync(() => Told() is ["/memory/1"]);
        one.Local.Announce(listened => [Outer, .. listened.Skip(1)]);
        await UntilAsync(() => Told() is ["/ip4/192.0.2.1/tcp/4001"]);
        await one.ListenAsync("/memory/3");
        await UntilAsync(() => Told() is ["/ip4/192.0.2.1/tcp/4001", "/memory/3"]);
        one.Local.Announce(_ => []);
        await UntilAsync(() => Told() is []);
        Assert.Equal(2, one.Local.Addresses.Count);

        string[]? Told() => other.Local.Identified(one.Id)?.ListenAddresses.Select(address => address.WithoutPeer().ToString()).ToArray();
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(5, Stop);
        }
    }
}

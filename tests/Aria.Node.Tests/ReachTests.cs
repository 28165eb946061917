using Aria.Discovery;
using Aria.Libp2p;
using Aria.Libp2p.Nat.Probing;
using Aria.Libp2p.Transports;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Node.Tests;

/// <summary>Nodes in private networks, behind relays, and out of others' reach.</summary>
public sealed class ReachTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task NodesWithTheKey_FindEachOther_AndOneWithAnotherFindsNobody()
    {
        PreSharedKey key = PreSharedKey.Generate();
        await using Swarm swarm = new();
        AriaNode first = await swarm.StartNodeAsync(swarm.Options("first", 0, null) with { Reach = new() { PrivateNetwork = key } });
        AriaNode second = await swarm.StartNodeAsync(swarm.Options("second", 1, null) with { Reach = new() { PrivateNetwork = key } });
        AriaNode stranger = await swarm.StartNodeAsync(swarm.Options("stranger", 2, null) with { Reach = new() { PrivateNetwork = PreSharedKey.Generate() } });
        while (!second.Peer.ConnectedPeers.Contains(first.PeerId))
        {
            await Task.Delay(10, Token);        // a start waits for it for two seconds at most
        }

        DialFailedException refused = await Assert.ThrowsAsync<DialFailedException>(() => stranger.Peer.ConnectAsync(first.Addresses[0], Token));
        Assert.Contains("pre-shared key", refused.Message, StringComparison.Ordinal);
        Assert.Empty(stranger.Peer.ConnectedPeers);
    }

    [Fact]
    public async Task ANodeBehindARelay_IsDialedThroughIt()
    {
        await using Swarm swarm = new();
        AriaNode relay = await swarm.StartNodeAsync(swarm.Options("relay", 0, null) with { Reach = new() { ServesOthers = true } });
        AriaNode hidden = await swarm.StartNodeAsync(swarm.Options("hidden", 1, null) with { Listen = [], Reach = new() { Relays = [relay.Addresses[0]] } });
        AriaNode caller = await swarm.StartNodeAsync(swarm.Options("caller", 2, null) with { Bootstrap = [] });
        while (hidden.Addresses.Count == 0)
        {
            await Task.Delay(10, Token);        // a reservation tells of no event
        }

        Assert.Equal(hidden.PeerId, await caller.Peer.ConnectAsync(hidden.Addresses[0], Token));
        Assert.Contains(caller.Peer.ConnectionsTo(hidden.PeerId), one => one is { IsLimited: true, IsOutbound: true });
    }

    [Fact]
    public async Task ANodeOutOfReach_AnnouncesItsRelay_AndOnlyAsks_UntilItIsReached()
    {
        Multiaddress deaf = Multiaddress.Parse("/memory/50"), open = Multiaddress.Parse("/memory/51");
        ReachOptions serves = new() { ServesOthers = true, Probes = new() { DialsPrivate = true, MaxDialDelay = TimeSpan.Zero, MaxRequestsPerMinute = 100_000, MaxRequestsPerMinuteAndPeer = 100_000 } };
        await using Swarm swarm = new();
        AriaNode relay = await swarm.StartNodeAsync(swarm.Options("relay", 0, null) with { Reach = serves });
        AriaNode hidden = await swarm.StartNodeAsync(swarm.Options("hidden", 2, null) with
        {
            Listen = [deaf],
            Transports = [new DeafTransport(swarm.Network, deaf)],
            Reach = new()
            {
                MayBeBehindNat = true,
                Relays = [relay.Addresses[0]],
                Watch = new() { AsksAboutPrivate = true, NeededVotes = 2, PauseWhileUnknown = TimeSpan.FromMilliseconds(20), Pause = TimeSpan.FromMilliseconds(20) },
            },
        });

        // With the relay's vote alone it knows nothing of itself.
        Assert.Equal((Reachability.Unknown, true), (hidden.Reachability, hidden.Dht.IsServer));
        AriaNode other = await swarm.StartNodeAsync(swarm.Options("other", 1, null) with { Reach = serves });
        await hidden.Peer.ConnectAsync(other.Addresses[0], Token);
        Assert.Equal(Reachability.Unknown, other.Reachability);     // it never asks
        Assert.Equal(other.Addresses, other.AnnouncedAddresses);

        await UntilToldAsync(relay, hidden, isServer: false, $"{relay.Addresses[0]}/p2p-circuit");
        Assert.Equal(Reachability.Private, hidden.Reachability);
        Assert.False(hidden.Dht.IsServer);
        Assert.Contains(hidden.Addresses, address => address.WithoutPeer().Equals(deaf));       // where it listens is another matter

        await hidden.Peer.ListenAsync(open, Token);
        await UntilToldAsync(relay, hidden, isServer: true, "/memory/51");
        Assert.Equal(Reachability.Public, hidden.Reachability);
        Assert.True(hidden.Dht.IsServer);
    }

    // From the port that is listened on, the NAT of a peer that asked there would let it in, and the peer would take itself for one that everybody reaches.
    [Fact]
    public async Task ANodeThatDialsFromTheListenedPort_DialsBackFromAnother()
    {
        Multiaddress any = Multiaddress.Parse("/ip4/127.0.0.1/tcp/0");
        using Identity serving = Identity.Generate(), asking = Identity.Generate();
        await using NodeReach reach = new(
            new() { MayBeBehindNat = true, ServesOthers = true, Probes = new() { DialsPrivate = true } }, transports: null, TimeProvider.System, NullLoggerFactory.Instance);
        await using LocalPeer server = new(serving, reach.Transports, new(), TimeProvider.System, NullLoggerFactory.Instance);
        Multiaddress listened = await server.ListenAsync(any, Token);
        reach.Attach(server, serving);
        HearingTransport hearing = new(new TcpTransport());
        await using LocalPeer asker = new(asking, [hearing], new(), TimeProvider.System, NullLoggerFactory.Instance);
        await asker.ListenAsync(any, Token);
        await asker.ConnectAsync(listened, Token);
        ProbeClient client = new(asker, TimeSpan.FromMinutes(1), TimeProvider.System);
        Assert.Equal(ProbeOutcome.Reached, (await client.AskV2Async(server.Id, asker.Addresses, Token)).Outcome);
        Assert.NotEqual(listened.Parts[1], Assert.Single(hearing.Callers).Parts[1]);
    }

    // By identify and its push, and in the record that the hash table holds: exactly this address, and whether it answers the hash table's questions.
    private static async Task UntilToldAsync(AriaNode seenBy, AriaNode node, bool isServer, string address)
    {
        while (seenBy.Peer.Identified(node.PeerId) is not { } told || told.Protocols.Contains(CapabilityDht.Protocol) != isServer
            || !told.ListenAddresses.Select(one => one.WithoutPeer().ToString()).SequenceEqual([address]))
        {
            await Task.Delay(10, Token);
        }

        byte[] key = CapabilityRecord.KeyOf(node.PeerId);
        while (await seenBy.Dht.GetAsync(key, Token) is not { } value || CapabilityRecord.TryOpen(key, value, DateTimeOffset.UtcNow, out CapabilityRecord? record) != CapabilityStatus.Done
            || !record!.Addresses.Select(one => one.ToString()).SequenceEqual([address]))
        {
            await Task.Delay(10, Token);
        }
    }
}

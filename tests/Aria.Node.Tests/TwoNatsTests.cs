using Aria.Libp2p;
using Aria.Libp2p.Nat.Probing;
using Aria.Libp2p.Nat.Tests.Namespaces;
using Aria.Node.Generation;

namespace Aria.Node.Tests;

/// <summary>Nodes behind NATs and before them, in network namespaces.</summary>
public sealed class TwoNatsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnAnswer_ComesStraightThroughBothNats()
    {
        using TwoNats nats = TwoNats.Build();
        await using Swarm swarm = new();
        AriaNode relay = await swarm.StartNodeAsync(swarm.Options("relay", 0, null) with
        {
            Listen = [Multiaddress.Parse("/ip4/44.51.100.1/tcp/4000")], Transports = [new NamespaceTransport(nats.Public)], Reach = new() { ServesOthers = true },
        });
        AriaNode hidden = await swarm.StartNodeAsync(swarm.Options("hidden", 1, swarm.Span(0, swarm.Layers)) with
        {
            Listen = [Multiaddress.Parse("/ip4/10.2.0.2/tcp/4002")], Transports = [new NamespaceTransport(nats.Hidden[1])], Reach = new() { Relays = [relay.Addresses[0]] },
        });
        AriaNode asker = await swarm.StartNodeAsync(swarm.Options("asker", 2, null) with
        {
            Listen = [Multiaddress.Parse("/ip4/10.1.0.2/tcp/4001")], Transports = [new NamespaceTransport(nats.Hidden[0])], Reach = new() { MayBeBehindNat = true },
        });

        // The relay learns where it hides, tells it, and both ends meet: then it can be planned with.
        while (!asker.Directory.SwarmFor(swarm.Model.Id, swarm.Layers, asker.Id).Spans.Any(span => span.Node == hidden.Id)
            || asker.Peer.ConnectionsTo(hidden.PeerId).All(one => one.RemoteAddress.IsRelayed))
        {
            await asker.Directory.RefreshAsync(Token);
            await Task.Delay(50, Token);
        }

        Assert.Contains(asker.Peer.ConnectionsTo(hidden.PeerId), one => one.RemoteAddress.ToString() == "/ip4/44.51.100.12/tcp/4002");
        await AnswersAsync(swarm, asker);
    }

    [Fact]
    public async Task AHiddenNode_FindsOutThatItIs_AndIsStillUsed_ByWhoNeverHeardOfNats()
    {
        using TwoNats nats = TwoNats.Build();
        await using Swarm swarm = new();
        ReachabilityOptions watch = new() { NeededVotes = 1, PauseWhileUnknown = TimeSpan.FromMilliseconds(100), Pause = TimeSpan.FromSeconds(5) };
        AriaNode relay = await swarm.StartNodeAsync(swarm.Options("relay", 0, null) with
        {
            Listen = [Multiaddress.Parse("/ip4/44.51.100.1/tcp/4000")], Transports = [new NamespaceTransport(nats.Public)],
            Reach = new() { ServesOthers = true, Probes = new() { DialTimeout = TimeSpan.FromSeconds(5) } },
        });
        AriaNode open = await swarm.StartNodeAsync(swarm.Options("open", 1, null) with
        {
            Listen = [Multiaddress.Parse("/ip4/44.51.100.2/tcp/4002")], Transports = [new NamespaceTransport(nats.Public)], Reach = new() { MayBeBehindNat = true, Watch = watch },
        });
        AriaNode hidden = await swarm.StartNodeAsync(swarm.Options("hidden", 2, swarm.Span(0, swarm.Layers)) with
        {
            Listen = [Multiaddress.Parse("/ip4/10.1.0.2/tcp/4001")], Transports = [new NamespaceTransport(nats.Hidden[0])],
            Reach = new() { Relays = [relay.Addresses[0]], Watch = watch },
        });
        string through = $"/ip4/44.51.100.1/tcp/4000/p2p/{relay.PeerId}/p2p-circuit";
        // A probe that a busy machine dials too late tells wrongly; the next one sets it right.
        while (hidden.Reachability != Reachability.Private || open.Reachability != Reachability.Public || hidden.AnnouncedAddresses.Any(address => !address.IsRelayed))
        {
            await Task.Delay(50, Token);
        }

        Assert.Equal((Reachability.Private, Reachability.Public), (hidden.Reachability, open.Reachability));
        Assert.Equal(through, Assert.Single(hidden.AnnouncedAddresses).WithoutPeer().ToString());
        Assert.Equal("/ip4/44.51.100.2/tcp/4002", Assert.Single(open.AnnouncedAddresses).WithoutPeer().ToString());
        Assert.Equal((false, true), (hidden.Dht.IsServer, open.Dht.IsServer));

        AriaNode asker = await swarm.StartNodeAsync(swarm.Options("asker", 3, null) with
        {
            Listen = [Multiaddress.Parse("/ip4/44.51.100.3/tcp/4003")], Transports = [new NamespaceTransport(nats.Public)],
        });
        while (!asker.Directory.SwarmFor(swarm.Model.Id, swarm.Layers, asker.Id).Spans.Any(span => span.Node == hidden.Id)
            || asker.Directory.Snapshot.Find(hidden.Id)?.RoundTrip is null)
        {
            await asker.Directory.RefreshAsync(Token);
            await Task.Delay(50, Token);
        }

        // Asked for through the relay, it dialed back.
        Assert.Contains(asker.Peer.ConnectionsTo(hidden.PeerId), one => one is { IsLimited: false, IsOutbound: false });
        await AnswersAsync(swarm, asker);
    }

    private static async Task AnswersAsync(Swarm swarm, AriaNode asker)
    {
        uint[] prompt = swarm.Prompt("Once upon a time");
        List<uint> ids = [];
        await foreach (GenerationEvent next in asker.Generator.GenerateAsync(swarm.Request(prompt, 12), Token))
        {
            if (next is GenerationEvent.Token token)
            {
                ids.Add(token.Id);
            }
        }

        Assert.Equal(swarm.Reference(prompt, 12), ids);
    }
}

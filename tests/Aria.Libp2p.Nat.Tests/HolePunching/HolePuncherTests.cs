using Aria.Libp2p.Encodings;
using Aria.Libp2p.Nat.HolePunching;
using Aria.Libp2p.Nat.Probing;
using Aria.Libp2p.Nat.Tests.Namespaces;
using Aria.Libp2p.Transports;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Libp2p.Nat.Tests.HolePunching;

/// <summary>Two peers behind two NATs, made of network namespaces.</summary>
public sealed class HolePuncherTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task BehindTwoNats_TheRelayedConnectionBecomesADirectOne()
    {
        using TwoNats nats = TwoNats.Build();
        await using NatPeer relay = (await new NatPeer(new NamespaceTransport(nats.Public)).ListenAsync("/ip4/44.51.100.1/tcp/4000")).Relays();
        await using NatPeer caller = await new NatPeer(new NamespaceTransport(nats.Hidden[0])).ListenAsync("/ip4/10.1.0.2/tcp/4001");
        await using NatPeer hidden = (await new NatPeer(new NamespaceTransport(nats.Hidden[1])).ListenAsync("/ip4/10.2.0.2/tcp/4002")).Echoes(onLimited: false);
        Multiaddress address = await hidden.ListenThroughAsync(relay.Local.Addresses[0]);
        await caller.Local.ConnectAsync(relay.Local.Addresses[0], Stop);

        // The NATs are NATs: what nobody behind them began does not come in.
        await using (NatPeer stranger = new(new NamespaceTransport(nats.Public), new() { DialTimeout = TimeSpan.FromSeconds(1) }))
        {
            await Assert.ThrowsAsync<DialFailedException>(() => stranger.Local.ConnectAsync(Multiaddress.Parse($"/ip4/44.51.100.12/tcp/4002/p2p/{hidden.Id}"), Stop));
        }

        await using HolePuncher here = new(caller.Local, new(), TimeProvider.System, NullLoggerFactory.Instance), there = new(hidden.Local, new(), TimeProvider.System, NullLoggerFactory.Instance);
        TaskCompletionSource<(PeerId, int)> succeeded = new(TaskCreationOptions.RunContinuationsAsynchronously);
        there.Succeeded += (peer, attempts) => succeeded.TrySetResult((peer, attempts));
        await caller.Local.ConnectAsync(address, Stop);
        (PeerId met, int attempts) = await succeeded.Task.WaitAsync(TimeSpan.FromMinutes(4), Stop);
        Assert.Equal(caller.Id, met);
        Assert.InRange(attempts, 1, 3);

        while (caller.Local.ConnectionsTo(hidden.Id).All(one => one.RemoteAddress.IsRelayed))
        {
            await Task.Delay(5, Stop);      // the other end of the same handshake
        }

        Assert.Contains(caller.Local.ConnectionsTo(hidden.Id), one => one.RemoteAddress.ToString() == "/ip4/44.51.100.12/tcp/4002");
        Assert.Contains(hidden.Local.ConnectionsTo(caller.Id), one => one.RemoteAddress.ToString() == "/ip4/44.51.100.11/tcp/4001");

        // Without the relay, and for a protocol that runs on no limited connection.
        await relay.Local.DisposeAsync();
        await using PeerStream stream = await caller.Local.OpenStreamAsync(hidden.Id, NatPeer.Echo, Stop);
        byte[] sent = new byte[300_000];
        new Random(5).NextBytes(sent);
        Assert.Equal(sent, await NatPeer.EchoAsync(stream, sent));
    }

    [Fact]
    public async Task AStream_WaitsForTheHole_WhereItMayRunOnNoRelay()
    {
        using TwoNats nats = TwoNats.Build();
        await using NatPeer relay = (await new NatPeer(new NamespaceTransport(nats.Public)).ListenAsync("/ip4/44.51.100.1/tcp/4000")).Relays();
        await using NatPeer caller = await new NatPeer(new NamespaceTransport(nats.Hidden[0]), new() { DirectConnectionWait = TimeSpan.FromMinutes(4) }).ListenAsync("/ip4/10.1.0.2/tcp/4001");
        await using NatPeer hidden = (await new NatPeer(new NamespaceTransport(nats.Hidden[1])).ListenAsync("/ip4/10.2.0.2/tcp/4002")).Echoes(onLimited: false);
        await using HolePuncher here = new(caller.Local, new(), TimeProvider.System, NullLoggerFactory.Instance), there = new(hidden.Local, new(), TimeProvider.System, NullLoggerFactory.Instance);
        caller.Local.AddAddresses(hidden.Id, [await hidden.ListenThroughAsync(relay.Local.Addresses[0])]);
        await using PeerStream stream = await caller.Local.OpenStreamAsync(hidden.Id, NatPeer.Echo, Stop);
        Assert.Equal("/ip4/44.51.100.12/tcp/4002", stream.RemoteAddress?.ToString());
        Assert.Equal([1, 2, 3], await NatPeer.EchoAsync(stream, [1, 2, 3]));
    }

    [Fact]
    public async Task ThroughNatsThatChangeThePort_TheRelayIsWhatThereIs()
    {
        using TwoNats nats = TwoNats.Build(givesEachDestinationAnotherPort: true);
        await using NatPeer relay = (await new NatPeer(new NamespaceTransport(nats.Public)).ListenAsync("/ip4/44.51.100.1/tcp/4000")).Relays();
        await using NatPeer caller = await new NatPeer(new NamespaceTransport(nats.Hidden[0])).ListenAsync("/ip4/10.1.0.2/tcp/4001");
        await using NatPeer hidden = (await new NatPeer(new NamespaceTransport(nats.Hidden[1])).ListenAsync("/ip4/10.2.0.2/tcp/4002")).Echoes();
        HolePunchOptions options = new() { DialTimeout = TimeSpan.FromSeconds(1), Attempts = 2 };
        await using HolePuncher here = new(caller.Local, options, TimeProvider.System, NullLoggerFactory.Instance), there = new(hidden.Local, options, TimeProvider.System, NullLoggerFactory.Instance);
        TaskCompletionSource<PeerId> gaveUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
        there.GaveUp += gaveUp.SetResult;
        await caller.Local.ConnectAsync(await hidden.ListenThroughAsync(relay.Local.Addresses[0]), Stop);
        Assert.Equal(caller.Id, await gaveUp.Task.WaitAsync(TimeSpan.FromMinutes(4), Stop));
        Assert.True(Assert.Single(caller.Local.ConnectionsTo(hidden.Id)).IsLimited);
        Assert.Equal([1, 2, 3], await caller.EchoAsync(hidden.Id, [1, 2, 3]));
    }

    [Fact]
    public async Task ACallerThatCanBeDialed_IsDialedPlainly()
    {
        using TwoNats nats = TwoNats.Build();
        await using NatPeer relay = (await new NatPeer(new NamespaceTransport(nats.Public)).ListenAsync("/ip4/44.51.100.1/tcp/4000")).Relays();
        await using NatPeer caller = await new NatPeer(new NamespaceTransport(nats.Public)).ListenAsync("/ip4/44.51.100.2/tcp/4001");
        await using NatPeer hidden = await new NatPeer(new NamespaceTransport(nats.Hidden[0])).ListenAsync("/ip4/10.1.0.2/tcp/4002");
        await using HolePuncher there = new(hidden.Local, new(), TimeProvider.System, NullLoggerFactory.Instance);
        TaskCompletionSource<int> succeeded = new(TaskCreationOptions.RunContinuationsAsynchronously);
        there.Succeeded += (_, attempts) => succeeded.TrySetResult(attempts);
        await caller.Local.ConnectAsync(await hidden.ListenThroughAsync(relay.Local.Addresses[0]), Stop);
        Assert.Equal(0, await succeeded.Task.WaitAsync(TimeSpan.FromMinutes(4), Stop));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task AutoNat_TellsWhoIsBehindANat(int version)
    {
        using TwoNats nats = TwoNats.Build();
        await using NatPeer server = await new NatPeer(new NamespaceTransport(nats.Public)).ListenAsync("/ip4/44.51.100.1/tcp/4000"), dialer = new(new NamespaceTransport(nats.Public));
        _ = new ProbeServer(server.Local, dialer.Local, new() { DialTimeout = TimeSpan.FromSeconds(5) }, TimeProvider.System, NullLoggerFactory.Instance);
        await using NatPeer open = await new NatPeer(new NamespaceTransport(nats.Public)).ListenAsync("/ip4/44.51.100.2/tcp/4001");
        await using NatPeer hidden = await new NatPeer(new NamespaceTransport(nats.Hidden[0])).ListenAsync("/ip4/10.1.0.2/tcp/4001");

        // A busy machine may dial back too late: asked again, it does not for ever.
        ProbeOutcome outcome = ProbeOutcome.NotReached;
        for (int asked = 0; outcome != ProbeOutcome.Reached && asked < 5; asked++)
        {
            outcome = await AskAsync(open, "/ip4/44.51.100.2/tcp/4001");
        }

        Assert.Equal(ProbeOutcome.Reached, outcome);
        Assert.Equal(ProbeOutcome.NotReached, await AskAsync(hidden, "/ip4/44.51.100.11/tcp/4009"));
        Assert.Equal(ProbeOutcome.Unknown, await AskAsync(hidden, "/ip4/10.1.0.2/tcp/4001"));

        async Task<ProbeOutcome> AskAsync(NatPeer asker, string address)
        {
            await asker.Local.ConnectAsync(server.Local.Addresses[0], Stop);
            ProbeClient client = new(asker.Local, TimeSpan.FromMinutes(2), TimeProvider.System);
            Multiaddress[] asked = [Multiaddress.Parse(address)];
            return (await (version == 1 ? client.AskV1Async(server.Id, asked, Stop) : client.AskV2Async(server.Id, asked, Stop))).Outcome;
        }
    }

    [Fact]
    public async Task TheWatch_FindsOutWhoIsBehindANat()
    {
        using TwoNats nats = TwoNats.Build();
        await using NatPeer server = await new NatPeer(new NamespaceTransport(nats.Public)).ListenAsync("/ip4/44.51.100.1/tcp/4000"), dialer = new(new NamespaceTransport(nats.Public));
        _ = new ProbeServer(server.Local, dialer.Local, new() { DialTimeout = TimeSpan.FromSeconds(5) }, TimeProvider.System, NullLoggerFactory.Instance);
        await using NatPeer open = await new NatPeer(new NamespaceTransport(nats.Public)).ListenAsync("/ip4/44.51.100.2/tcp/4001");
        await using NatPeer hidden = await new NatPeer(new NamespaceTransport(nats.Hidden[0])).ListenAsync("/ip4/10.1.0.2/tcp/4001");
        await WatchAsync(open, Reachability.Public);
        await WatchAsync(hidden, Reachability.Private);

        // What a busy machine dials back too late is told wrongly, and set right by the next question.
        async Task WatchAsync(NatPeer peer, Reachability truth)
        {
            ReachabilityOptions options = new() { NeededVotes = 1, PauseWhileUnknown = TimeSpan.FromMilliseconds(100), Pause = TimeSpan.FromSeconds(5) };
            ReachabilityWatch watch = new(peer.Local, options, TimeProvider.System, NullLoggerFactory.Instance);
            TaskCompletionSource told = new(TaskCreationOptions.RunContinuationsAsynchronously);
            watch.Changed += belief =>
            {
                if (belief.Overall == truth)
                {
                    told.TrySetResult();
                }
            };
            await peer.Local.ConnectAsync(server.Local.Addresses[0], Stop);
            using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            Task running = watch.RunAsync(end.Token);
            await told.Task.WaitAsync(TimeSpan.FromMinutes(4), Stop);
            await end.CancelAsync();
            await running;
        }
    }

    [Fact]
    public async Task OverADirectConnection_NobodyMeets_AndNonsenseEndsTheStreamAlone()
    {
        MemoryNetwork network = new();
        await using NatPeer relay = (await new NatPeer(new MemoryTransport(network)).ListenAsync("/memory/0")).Relays(), one = await new NatPeer(new MemoryTransport(network)).ListenAsync("/memory/0"), other = new(new MemoryTransport(network));
        await using HolePuncher puncher = new(one.Local, new(), TimeProvider.System, NullLoggerFactory.Instance);
        await other.Local.ConnectAsync(one.Local.Addresses[0], Stop);
        await Assert.ThrowsAnyAsync<Libp2pException>(() => AskAsync(new PunchMessage(PunchType.Connect, []).Encode()));
        await other.Local.DisconnectAsync(one.Id);
        Multiaddress through = await one.ListenThroughAsync(relay.Local.Addresses[0]);
        await other.Local.ConnectAsync(through, Stop);
        await Assert.ThrowsAnyAsync<Libp2pException>(() => AskAsync([0xff]));
        await Assert.ThrowsAnyAsync<Libp2pException>(() => AskAsync(new PunchMessage(PunchType.Sync, []).Encode()));
        Assert.True(PunchMessage.TryDecode(await AskAsync(new PunchMessage(PunchType.Connect, []).Encode()) ?? [], out PunchMessage? answer));
        Assert.Equal(PunchType.Connect, answer.Type);
        Assert.Single(other.Local.ConnectionsTo(one.Id));

        async Task<byte[]?> AskAsync(byte[] message)
        {
            await using PeerStream stream = await other.OpenAsync(one.Id, PunchMessage.Id);
            LengthPrefixed.Write(stream.Output, message);
            await stream.Output.FlushAsync(Stop);
            return await LengthPrefixed.ReadAsync(stream.Input, PunchMessage.MaxBytes, Stop);
        }
    }
}

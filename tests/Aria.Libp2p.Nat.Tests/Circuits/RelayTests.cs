using System.IO.Pipelines;
using System.Threading.Channels;
using Aria.Libp2p.Nat.Circuits;
using Aria.Libp2p.Transports;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Aria.Libp2p.Nat.Tests.Circuits;

/// <summary>Relay, listener and dialer over the memory transport.</summary>
public sealed class RelayTests : IAsyncDisposable
{
    private readonly MemoryNetwork _network = new();
    private readonly List<NatPeer> _peers = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (NatPeer peer in _peers)
        {
            await peer.DisposeAsync();
        }
    }

    [Fact]
    public async Task AnEcho_GoesThroughTheRelay_AndBothEndsKnowTheConnectionAsLimited()
    {
        NatPeer relay = (await Peer().ListenAsync("/memory/0")).Relays(out RelayServer server), listener = Peer().Echoes(), dialer = Peer();
        Multiaddress address = await listener.ListenThroughAsync(relay.Local.Addresses[0]);
        Assert.Equal($"{relay.Local.Addresses[0]}/p2p-circuit/p2p/{listener.Id}", address.ToString());
        Assert.Equal([address], listener.Local.Addresses);
        Assert.Equal(1, server.Reservations);

        await dialer.Local.ConnectAsync(address, Stop);
        byte[] sent = Bytes(50_000);
        Assert.Equal(sent, await dialer.EchoAsync(listener.Id, sent));
        Assert.Equal(1, server.Circuits);
        ConnectionInfo there = Assert.Single(dialer.Local.ConnectionsTo(listener.Id)), here = Assert.Single(listener.Local.ConnectionsTo(dialer.Id));
        Assert.True(there is { IsLimited: true, IsOutbound: true, RemoteAddress.IsRelayed: true });
        Assert.True(here is { IsLimited: true, IsOutbound: false, RemoteAddress.IsRelayed: true });
        Assert.True(await dialer.Local.PingAsync(relay.Id, Stop) > TimeSpan.Zero);
    }

    [Fact]
    public async Task AProtocol_RunsOnALimitedConnection_OnlyWhereBothEndsSaidSo()
    {
        NatPeer relay = (await Peer().ListenAsync("/memory/0")).Relays(), listener = Peer().Echoes(onLimited: false), dialer = Peer();
        await dialer.Local.ConnectAsync(await listener.ListenThroughAsync(relay.Local.Addresses[0]), Stop);
        await Assert.ThrowsAsync<DialFailedException>(() => dialer.Local.OpenStreamAsync(listener.Id, NatPeer.Echo, Stop));
        await Assert.ThrowsAnyAsync<Libp2pException>(() => dialer.EchoAsync(listener.Id, [1]));

        // Once there is a direct connection it runs, and nobody asks for the relayed one any more.
        await listener.ListenAsync("/memory/0");
        await dialer.Local.ConnectAsync(listener.Local.Addresses.First(one => !one.IsRelayed), Stop);
        Assert.Equal(2, dialer.Local.ConnectionsTo(listener.Id).Count);
        await using PeerStream stream = await dialer.Local.OpenStreamAsync(listener.Id, NatPeer.Echo, Stop);
        Assert.Equal([1, 2], await NatPeer.EchoAsync(stream, [1, 2]));
    }

    [Fact]
    public async Task AStreamThatWaitsForADirectConnection_TakesTheOneThatComes_OrFails()
    {
        NatPeer relay = (await Peer().ListenAsync("/memory/0")).Relays(), listener = Peer().Echoes(onLimited: false);
        NatPeer hasty = Track(new(new MemoryTransport(_network), new() { DirectConnectionWait = TimeSpan.FromMilliseconds(100) }));
        NatPeer patient = Track(new(new MemoryTransport(_network), new() { DirectConnectionWait = TimeSpan.FromMinutes(1) }));
        Multiaddress address = await listener.ListenThroughAsync(relay.Local.Addresses[0]);
        hasty.Local.AddAddresses(listener.Id, [address]);
        DialFailedException failure = await Assert.ThrowsAsync<DialFailedException>(() => hasty.Local.OpenStreamAsync(listener.Id, NatPeer.Echo, Stop));
        Assert.Contains("no direct connection came", failure.Message, StringComparison.Ordinal);

        patient.Local.AddAddresses(listener.Id, [address]);
        Task<PeerStream> first = patient.Local.OpenStreamAsync(listener.Id, NatPeer.Echo, Stop), second = patient.Local.OpenStreamAsync(listener.Id, NatPeer.Echo, Stop);
        await WaitUntilAsync(() => patient.Local.ConnectionsTo(listener.Id).Count == 1);
        Assert.False(first.IsCompleted || second.IsCompleted);
        await listener.ListenAsync("/memory/0");
        await patient.Local.MeetAsync(listener.Id, [listener.Local.Addresses.First(one => !one.IsRelayed)], isInitiator: true, Stop);
        await using PeerStream one = await first, other = await second;
        Assert.False(one.RemoteAddress!.IsRelayed || other.RemoteAddress!.IsRelayed);
    }

    [Fact]
    public async Task WithoutLimits_TheConnectionIsAsGoodAsAnother()
    {
        NatPeer relay = (await Peer().ListenAsync("/memory/0")).Relays(new() { MaxCircuitBytes = 0, MaxCircuitTime = TimeSpan.Zero });
        NatPeer listener = Peer().Echoes(onLimited: false), dialer = Peer();
        await dialer.Local.ConnectAsync(await listener.ListenThroughAsync(relay.Local.Addresses[0]), Stop);
        await using PeerStream stream = await dialer.Local.OpenStreamAsync(listener.Id, NatPeer.Echo, Stop);
        byte[] sent = Bytes(1_000_000);
        Task<byte[]> echo = NatPeer.EchoAsync(stream, sent);
        Assert.Equal(sent, await echo);
        Assert.False(Assert.Single(dialer.Local.ConnectionsTo(listener.Id)).IsLimited);
    }

    [Fact]
    public async Task TheLimitOfBytes_EndsTheCircuitAtBothEnds()
    {
        NatPeer relay = (await Peer().ListenAsync("/memory/0")).Relays(out RelayServer server, new() { MaxCircuitBytes = 20_000 }), listener = Peer().Echoes(), dialer = Peer();
        await dialer.Local.ConnectAsync(await listener.ListenThroughAsync(relay.Local.Addresses[0]), Stop);
        Task left = Left(listener, dialer.Id), lost = Left(dialer, listener.Id);
        await Assert.ThrowsAnyAsync<Libp2pException>(() => dialer.EchoAsync(listener.Id, Bytes(30_000)));
        await Task.WhenAll(left, lost).WaitAsync(Stop);
        await WaitUntilAsync(() => server.Circuits == 0);
        Assert.Equal(1, server.Reservations);
    }

    [Fact]
    public async Task TheLimitOfTime_EndsTheCircuitAtBothEnds()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        NatPeer relay = (await Peer().ListenAsync("/memory/0")).Relays(new() { MaxCircuitTime = TimeSpan.FromMinutes(2) }, time), listener = Peer().Echoes(), dialer = Peer();
        Multiaddress address = await listener.ListenThroughAsync(relay.Local.Addresses[0]);
        Task left = Left(listener, dialer.Id), lost = Left(dialer, listener.Id);
        await dialer.Local.ConnectAsync(address, Stop);
        time.Advance(TimeSpan.FromSeconds(119));
        Assert.Equal([7], await dialer.EchoAsync(listener.Id, [7]));
        time.Advance(TimeSpan.FromSeconds(1));
        await Task.WhenAll(left, lost).WaitAsync(Stop);
    }

    [Fact]
    public async Task ADisconnect_ReachesTheOtherEnd_AndFreesTheCircuit()
    {
        NatPeer relay = (await Peer().ListenAsync("/memory/0")).Relays(out RelayServer server), listener = Peer().Echoes(), dialer = Peer();
        Multiaddress address = await listener.ListenThroughAsync(relay.Local.Addresses[0]);
        for (int times = 0; times < 3; times++)
        {
            Task left = Left(listener, dialer.Id);
            await dialer.Local.ConnectAsync(address, Stop);
            Assert.Equal([7], await dialer.EchoAsync(listener.Id, [7]));
            await dialer.Local.DisconnectAsync(listener.Id);
            await left.WaitAsync(Stop);
            await WaitUntilAsync(() => server.Circuits == 0 && dialer.Local.ConnectionsTo(listener.Id).Count == 0);
        }
    }

    [Fact]
    public async Task ARelayThatDies_TakesTheAddressAndTheCircuits_AndARelayThatComesBackGivesThemAgain()
    {
        NatPeer relay = (await Peer().ListenAsync("/memory/77")).Relays(), dialer = Peer();
        NatPeer listener = Peer(new() { FirstRetryPause = TimeSpan.FromMilliseconds(20), MaxRetryPause = TimeSpan.FromMilliseconds(50) }).Echoes();
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        RelayListening listening = new(
            listener.Local, listener.Circuits, [relay.Local.Addresses[0]], new() { FirstRetryPause = TimeSpan.FromMilliseconds(20), MaxRetryPause = TimeSpan.FromMilliseconds(50) },
            TimeProvider.System, NullLoggerFactory.Instance);
        Task running = listening.RunAsync(end.Token);
        await WaitUntilAsync(() => listener.Local.Addresses.Count == 1);
        await dialer.Local.ConnectAsync(listener.Local.Addresses[0], Stop);
        Task lost = Left(dialer, listener.Id);

        _peers.Remove(relay);
        await relay.Local.DisposeAsync();
        await lost.WaitAsync(Stop);
        await WaitUntilAsync(() => listener.Local.Addresses.Count == 0);

        // The same relay, by its identity, at the same address.
        await using LocalPeer again = new(relay.Identity, [new MemoryTransport(_network)], new(), TimeProvider.System, NullLoggerFactory.Instance);
        _ = new RelayServer(again, relay.Identity, new(), TimeProvider.System, NullLoggerFactory.Instance);
        await again.ListenAsync(Multiaddress.Parse("/memory/77"), Stop);
        await WaitUntilAsync(() => listener.Local.Addresses.Count == 1);
        await dialer.Local.ConnectAsync(listener.Local.Addresses[0], Stop);
        Assert.Equal([9], await dialer.EchoAsync(listener.Id, [9]));
        await end.CancelAsync();
        await running;
    }

    [Fact]
    public async Task AnAddressThatGoesAway_IsToldToConnectedPeers()
    {
        NatPeer relay = (await Peer().ListenAsync("/memory/0")).Relays(), listener = await Peer().ListenAsync("/memory/0"), friend = Peer();
        Channel<int> told = Channel.CreateUnbounded<int>();
        friend.Local.PeerIdentified += peer => told.Writer.TryWrite(peer.ListenAddresses.Count(one => one.IsRelayed));
        await friend.Local.ConnectAsync(listener.Local.Addresses[0], Stop);
        await listener.ListenThroughAsync(relay.Local.Addresses[0]);
        while (await told.Reader.ReadAsync(Stop) != 1)
        {
        }

        await listener.Local.DisconnectAsync(relay.Id);
        while (await told.Reader.ReadAsync(Stop) != 0)
        {
        }
    }

    [Fact]
    public async Task Refusals_BearTheirReason()
    {
        NatPeer relay = (await Peer().ListenAsync("/memory/0")).Relays(new() { MaxReservations = 1, MaxCircuitsPerPeer = 1 });
        NatPeer listener = Peer(), late = Peer(), dialer = Peer(), second = Peer();
        Multiaddress at = relay.Local.Addresses[0];
        await AssertRefusedAsync(CircuitStatus.NoReservation, () => dialer.Local.ConnectAsync(Multiaddress.Parse($"{at}/p2p-circuit/p2p/{listener.Id}"), Stop));
        Multiaddress address = await listener.ListenThroughAsync(at);
        await AssertRefusedAsync(CircuitStatus.ReservationRefused, () => late.ListenThroughAsync(at));
        await dialer.Local.ConnectAsync(address, Stop);
        await AssertRefusedAsync(CircuitStatus.ResourceLimitExceeded, () => second.Local.ConnectAsync(address, Stop));
    }

    [Fact]
    public async Task AReservation_EndsWithItsPeersConnection()
    {
        NatPeer relay = (await Peer().ListenAsync("/memory/0")).Relays(out RelayServer server), listener = Peer(), dialer = Peer();
        Multiaddress address = await listener.ListenThroughAsync(relay.Local.Addresses[0]);
        await listener.Local.DisconnectAsync(relay.Id);
        await WaitUntilAsync(() => server.Reservations == 0 && listener.Local.Addresses.Count == 0);
        await AssertRefusedAsync(CircuitStatus.NoReservation, () => dialer.Local.ConnectAsync(address, Stop));
    }

    [Fact]
    public async Task ATargetThatDoesNotStop_IsConnectionFailed()
    {
        NatPeer relay = (await Peer().ListenAsync("/memory/0")).Relays(), listener = Peer(), dialer = Peer();
        Multiaddress address = await listener.ListenThroughAsync(relay.Local.Addresses[0]);
        listener.Local.Handle(StopMessage.Id, (_, _) => throw new ResourceLimitException("not today"));
        await AssertRefusedAsync(CircuitStatus.ConnectionFailed, () => dialer.Local.ConnectAsync(address, Stop));
        listener.Local.Handle(StopMessage.Id, async (stream, cancellationToken) =>
            await MessageExchange.SendAsync(stream, new StopMessage(StopType.Status) { Status = CircuitStatus.PermissionDenied }.Encode(), cancellationToken));
        await AssertRefusedAsync(CircuitStatus.ConnectionFailed, () => dialer.Local.ConnectAsync(address, Stop));
    }

    [Fact]
    public async Task ARelayBehindARelay_IsNoPath()
    {
        NatPeer relay = (await Peer().ListenAsync("/memory/0")).Relays(), hidden = Peer().Relays(), listener = Peer();
        Multiaddress through = await hidden.ListenThroughAsync(relay.Local.Addresses[0]);
        await Assert.ThrowsAsync<ListenFailedException>(() => listener.ListenThroughAsync(through));
        await listener.Local.ConnectAsync(through, Stop);
        Multiaddress plain = Multiaddress.Parse($"/p2p/{hidden.Id}");
        ListenFailedException refusal = await Assert.ThrowsAsync<ListenFailedException>(() => listener.ListenThroughAsync(plain));
        Assert.IsNotType<CircuitRefusedException>(refusal.InnerException);      // hop is not even offered there

        // And asked all the same, over the relayed connection: the protocol is not served on it.
        await Assert.ThrowsAnyAsync<Libp2pException>(async () => await MessageExchange.HearHopAsync(await listener.OpenAsync(hidden.Id, HopMessage.Id), Stop));
    }

    [Fact]
    public async Task TheReservation_IsRefreshedAtHalfItsTime()
    {
        FakeTimeProvider time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        NatPeer relay = await Peer().ListenAsync("/memory/0");
        NatPeer listener = Track(new(new MemoryTransport(_network), new() { KeepAliveInterval = Timeout.InfiniteTimeSpan, NegotiationTimeout = TimeSpan.FromDays(1) }, new() { MessageTimeout = TimeSpan.FromDays(1) }, time));
        Channel<HopType> asked = Channel.CreateUnbounded<HopType>();
        relay.Local.Handle(HopMessage.Id, async (stream, cancellationToken) =>
        {
            asked.Writer.TryWrite((await MessageExchange.HearHopAsync(stream, cancellationToken)).Type);
            HopMessage granted = new(HopType.Status)
            {
                Status = CircuitStatus.Ok,
                Reservation = new((ulong)time.GetUtcNow().AddMinutes(40).ToUnixTimeSeconds(), [], default),
            };
            await MessageExchange.SendAsync(stream, granted.Encode(), cancellationToken);
        });
        await listener.ListenThroughAsync(relay.Local.Addresses[0]);
        Assert.Equal(HopType.Reserve, await asked.Reader.ReadAsync(Stop));
        for (int times = 0; times < 3; times++)
        {
            time.Advance(TimeSpan.FromMinutes(19));
            Assert.False(asked.Reader.TryRead(out _));
            while (!asked.Reader.TryRead(out _))
            {
                time.Advance(TimeSpan.FromSeconds(61));      // again where the pause had not begun yet
                await Task.Delay(5, Stop);
            }
        }

        Assert.Single(listener.Local.Addresses);
    }

    private static async Task AssertRefusedAsync(CircuitStatus status, Func<Task> act)
    {
        Exception? exception = await Record.ExceptionAsync(act);
        while (exception is not (null or CircuitRefusedException))
        {
            exception = exception.InnerException;
        }

        Assert.Equal(status, Assert.IsType<CircuitRefusedException>(exception).Status);
    }

    private static byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    private static Task Left(NatPeer at, PeerId who)
    {
        TaskCompletionSource left = new(TaskCreationOptions.RunContinuationsAsynchronously);
        at.Local.PeerDisconnected += peer =>
        {
            if (peer == who)
            {
                left.TrySetResult();
            }
        };
        return left.Task;
    }

    private static async Task WaitUntilAsync(Func<bool> holds)
    {
        while (!holds())
        {
            await Task.Delay(5, Stop);      // there is no event for it
        }
    }

    private NatPeer Peer(CircuitOptions? options = null) => Track(new(new MemoryTransport(_network), circuitOptions: options));

    private NatPeer Track(NatPeer peer)
    {
        _peers.Add(peer);
        return peer;
    }
}

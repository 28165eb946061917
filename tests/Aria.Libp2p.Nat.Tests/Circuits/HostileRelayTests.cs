using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using Aria.Libp2p.Encodings;
using Aria.Libp2p.Nat.Circuits;
using Aria.Libp2p.Transports;
using Microsoft.Extensions.Time.Testing;

namespace Aria.Libp2p.Nat.Tests.Circuits;

/// <summary>Relays that lie, and peers that ask a relay for what it must not give.</summary>
public sealed class HostileRelayTests : IAsyncDisposable
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

    [Theory]
    [InlineData("voucher of another relay")]
    [InlineData("voucher for another peer")]
    [InlineData("voucher that is none")]
    [InlineData("voucher that is over")]
    [InlineData("expired")]
    [InlineData("no reservation")]
    [InlineData("another type")]
    [InlineData("unknown status")]
    [InlineData("garbage")]
    [InlineData("too long")]
    [InlineData("silence, then the end")]
    public async Task AReservationThatIsNone_IsRefused(string kind)
    {
        using Identity other = Identity.Generate();
        NatPeer relay = await Peer().ListenAsync("/memory/0"), listener = Peer();
        ulong soon = (ulong)DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds();
        byte[] Granted(ulong expires, byte[]? voucher = null) =>
            new HopMessage(HopType.Status) { Status = CircuitStatus.Ok, Reservation = new(expires, [], voucher) }.Encode();
        byte[] answer = kind switch
        {
            "voucher of another relay" => Granted(soon, new ReservationVoucher(other.PeerId, listener.Id, soon).Seal(other)),
            "voucher for another peer" => Granted(soon, new ReservationVoucher(relay.Id, other.PeerId, soon).Seal(relay.Identity)),
            "voucher that is over" => Granted(soon, new ReservationVoucher(relay.Id, listener.Id, 1_700_000_000).Seal(relay.Identity)),
            "voucher that is none" => Granted(soon, [1, 2, 3]),
            "expired" => Granted(1_700_000_000),
            "no reservation" => new HopMessage(HopType.Status) { Status = CircuitStatus.Ok }.Encode(),
            "another type" => new HopMessage(HopType.Reserve).Encode(),
            "unknown status" => new HopMessage(HopType.Status) { Status = (CircuitStatus)299 }.Encode(),
            "garbage" => [0xff, 0xff],
            "too long" => new byte[HopMessage.MaxBytes + 1],
            _ => [],
        };
        relay.Local.Handle(HopMessage.Id, async (stream, cancellationToken) =>
        {
            if (answer.Length > 0)
            {
                await MessageExchange.SendAsync(stream, answer, cancellationToken);
            }
        });
        await Assert.ThrowsAsync<ListenFailedException>(() => listener.ListenThroughAsync(relay.Local.Addresses[0]));
        Assert.Empty(listener.Local.Addresses);
    }

    [Fact]
    public async Task AnHonestGrant_InTheSameWay_IsTaken()
    {
        NatPeer relay = await Peer().ListenAsync("/memory/0"), listener = Peer();
        ulong soon = (ulong)DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds();
        relay.Local.Handle(HopMessage.Id, async (stream, cancellationToken) =>
        {
            byte[] voucher = new ReservationVoucher(relay.Id, listener.Id, soon).Seal(relay.Identity);
            HopMessage granted = new(HopType.Status) { Status = CircuitStatus.Ok, Reservation = new(soon, [], voucher) };
            await MessageExchange.SendAsync(stream, granted.Encode(), cancellationToken);
        });
        await listener.ListenThroughAsync(relay.Local.Addresses[0]);
        Assert.Single(listener.Local.Addresses);
    }

    [Fact]
    public async Task ARelayThatJoinsAnotherPeer_OrItself_IsFoundOut()
    {
        NatPeer relay = await Peer().ListenAsync("/memory/0"), target = Peer(), dialer = Peer(), wrong = Peer();
        relay.Local.Handle(HopMessage.Id, async (stream, cancellationToken) =>
        {
            await MessageExchange.HearHopAsync(stream, cancellationToken);
            await MessageExchange.SendAsync(stream, new HopMessage(HopType.Status) { Status = CircuitStatus.Ok }.Encode(), cancellationToken);
            await stream.Output.WriteAsync(new byte[] { 0x13 }, cancellationToken);      // a negotiation that leads nowhere
            await Task.Delay(50, cancellationToken);
        });
        await Assert.ThrowsAsync<DialFailedException>(() => dialer.Local.ConnectAsync(Multiaddress.Parse($"{relay.Local.Addresses[0]}/p2p-circuit/p2p/{target.Id}"), Stop));

        // Joined with somebody who holds a reservation, but is not the one that was asked for.
        NatPeer honest = (await Peer().ListenAsync("/memory/0")).Relays();
        Multiaddress address = await wrong.ListenThroughAsync(honest.Local.Addresses[0]);
        relay.Local.Handle(HopMessage.Id, async (stream, cancellationToken) =>
        {
            await MessageExchange.HearHopAsync(stream, cancellationToken);
            PeerStream other = await relay.Local.OpenStreamAsync(honest.Id, HopMessage.Id, cancellationToken);
            await MessageExchange.SendAsync(other, new HopMessage(HopType.Connect) { Peer = new(wrong.Id, []) }.Encode(), cancellationToken);
            await MessageExchange.SendAsync(stream, (await MessageExchange.HearHopAsync(other, cancellationToken)).Encode(), cancellationToken);
            await Bridge.RunAsync(stream, other, default, TimeProvider.System, cancellationToken);
        });
        await relay.Local.ConnectAsync(honest.Local.Addresses[0], Stop);
        await Assert.ThrowsAsync<PeerMismatchException>(() => dialer.Local.ConnectAsync(Multiaddress.Parse($"{relay.Local.Addresses[0]}/p2p-circuit/p2p/{target.Id}"), Stop));
        Assert.NotEqual(address.Peer, target.Id);
    }

    [Fact]
    public async Task CircuitsThatNobodyReserved_AreRefused()
    {
        NatPeer relay = (await Peer().ListenAsync("/memory/0")).Relays(), stranger = Peer(), listener = await Peer().ListenAsync("/memory/0");
        await listener.ListenThroughAsync(relay.Local.Addresses[0]);
        await stranger.Local.ConnectAsync(listener.Local.Addresses.First(one => !one.IsRelayed), Stop);
        Assert.Equal(CircuitStatus.PermissionDenied, await StopAsync(new StopMessage(StopType.Connect) { Peer = new(relay.Id, []) }.Encode()));
        Assert.Equal(CircuitStatus.UnexpectedMessage, await StopAsync(new StopMessage(StopType.Status).Encode()));
        Assert.Equal(CircuitStatus.MalformedMessage, await StopAsync(new StopMessage(StopType.Connect).Encode()));
        Assert.Equal(CircuitStatus.MalformedMessage, await StopAsync([0xff]));

        async Task<CircuitStatus> StopAsync(byte[] message)
        {
            await using PeerStream stream = await stranger.Local.OpenStreamAsync(listener.Id, StopMessage.Id, Stop);
            await MessageExchange.SendAsync(stream, message, Stop);
            return (await MessageExchange.HearStopAsync(stream, Stop)).Status;
        }
    }

    [Fact]
    public async Task RequestsThatAreNone_AreAnsweredByName_AndTheRelayServesOn()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        NatPeer relay = (await Peer().ListenAsync("/memory/0")).Relays(out RelayServer server, new(), time), peer = Peer();
        ConcurrentDictionary<string, long> counts = new();
        using MeterListener listener = Listen(relay.Id, counts);
        await peer.Local.ConnectAsync(relay.Local.Addresses[0], Stop);
        Assert.Equal(CircuitStatus.MalformedMessage, await HopAsync([0xff]));
        Assert.Equal(CircuitStatus.MalformedMessage, await HopAsync(new HopMessage(HopType.Connect).Encode()));
        Assert.Equal(CircuitStatus.MalformedMessage, await HopAsync(new byte[HopMessage.MaxBytes + 1]));
        Assert.Equal(CircuitStatus.UnexpectedMessage, await HopAsync(new HopMessage(HopType.Status) { Status = CircuitStatus.Ok }.Encode()));
        Assert.Equal(CircuitStatus.NoReservation, await HopAsync(new HopMessage(HopType.Connect) { Peer = new(relay.Id, []) }.Encode()));
        Assert.Equal(CircuitStatus.Ok, await HopAsync(new HopMessage(HopType.Reserve).Encode()));
        Assert.Equal(CircuitStatus.PermissionDenied, await HopAsync(new HopMessage(HopType.Connect) { Peer = new(peer.Id, []) }.Encode()));

        // One that begins a message and waits is not waited for.
        await using PeerStream slow = await peer.Local.OpenStreamAsync(relay.Id, HopMessage.Id, Stop);
        await slow.Output.WriteAsync(new byte[] { 2, 8 }, Stop);
        Task waiting = slow.Input.ReadAsync(Stop).AsTask();
        while (!waiting.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));      // again where it had not begun to wait yet
            await Task.Delay(5, Stop);
        }

        await Assert.ThrowsAnyAsync<Libp2pException>(() => waiting);
        Assert.Equal((1, 0), (server.Reservations, server.Circuits));
        Assert.Equal((1, 1, 1), (counts["reservations Ok"], counts["circuits NoReservation"], counts["circuits PermissionDenied"]));

        // Put away, it serves nobody any more.
        server.Dispose();
        await Assert.ThrowsAnyAsync<Libp2pException>(() => HopAsync(new HopMessage(HopType.Reserve).Encode()));

        async Task<CircuitStatus> HopAsync(byte[] message)
        {
            await using PeerStream stream = await peer.Local.OpenStreamAsync(relay.Id, HopMessage.Id, Stop);
            LengthPrefixed.Write(stream.Output, message);
            await stream.Output.FlushAsync(Stop);
            return (await MessageExchange.HearHopAsync(stream, Stop)).Status;
        }
    }

    private static MeterListener Listen(PeerId peer, ConcurrentDictionary<string, long> counts)
    {
        MeterListener listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == "Aria.Libp2p.Nat" && instrument.Meter.Tags?.Any(tag => Equals(tag.Value, peer.ToString())) == true)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, count, tags, _) =>
            counts.AddOrUpdate($"{instrument.Name.Split('.')[^1]} {tags[0].Value}", count, (_, before) => before + count));
        listener.Start();
        return listener;
    }

    private NatPeer Peer()
    {
        NatPeer peer = new(new MemoryTransport(_network));
        _peers.Add(peer);
        return peer;
    }
}

using System.Collections.Immutable;
using Aria.Libp2p.Encodings;
using Aria.Libp2p.Nat.Circuits;
using CsCheck;

namespace Aria.Libp2p.Nat.Tests.Circuits;

/// <summary>The bytes of hop, stop and the voucher.</summary>
public sealed class CircuitMessageTests
{
    private static readonly PeerId One = PeerId.Parse("12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq");
    private static readonly PeerId Two = PeerId.Parse("12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5");
    private static readonly ImmutableArray<Multiaddress> Addresses = [Multiaddress.Parse("/ip4/192.0.2.7/tcp/4001"), Multiaddress.Parse($"/memory/3/p2p/{Two}")];

    private static readonly Gen<CircuitPeer?> AnyPeer = Gen.Int[0, 2].Select(number => number == 0 ? null : new CircuitPeer(number == 1 ? One : Two, number == 1 ? [] : Addresses));
    private static readonly Gen<CircuitLimit> AnyLimit = Gen.Select(Gen.UInt, Gen.ULong, (seconds, bytes) => new CircuitLimit(seconds, bytes));
    private static readonly Gen<CircuitStatus> AnyStatus = Gen.Int[0, 500].Select(number => (CircuitStatus)number);

    private static readonly Gen<ReservationGrant?> AnyGrant = Gen.Select(Gen.ULong, Gen.Int[0, 2], Gen.Byte.Array[0, 100], (expires, addresses, voucher) =>
        addresses == 0 ? null : new ReservationGrant(expires, Addresses[..addresses], voucher));

    private static readonly Gen<HopMessage> AnyHop = Gen.Select(Gen.Int[0, 2], AnyPeer, AnyGrant, AnyLimit, AnyStatus, (type, peer, grant, limit, status) =>
        new HopMessage((HopType)type) { Peer = peer, Reservation = grant, Limit = limit, Status = status });

    private static readonly Gen<StopMessage> AnyStop = Gen.Select(Gen.Int[0, 1], AnyPeer, AnyLimit, AnyStatus, (type, peer, limit, status) =>
        new StopMessage((StopType)type) { Peer = peer, Limit = limit, Status = status });

    [Fact]
    public void Vectors_AreWrittenAndRead()
    {
        AssertHop("hopReserve", new(HopType.Reserve));
        AssertHop("hopConnect", new(HopType.Connect) { Peer = new(Two, []) });
        AssertHop("hopStatusOk", new(HopType.Status) { Status = CircuitStatus.Ok });
        AssertStop("stopConnect", new(StopType.Connect) { Peer = new(One, []) });
        AssertStop("stopStatusOk", new(StopType.Status) { Status = CircuitStatus.Ok });
    }

    [Fact]
    public void Voucher_IsTheVector()
    {
        Assert.True(ReservationVoucher.TryOpen(Vectors.Hex("relay", "voucherEnvelope"), out ReservationVoucher? voucher));
        Assert.Equal(new(One, Two, 1_800_000_000), voucher);
        using Identity relay = Identity.FromSeed(Vectors.Hex("relay", "voucherSeed"));
        Assert.Equal(Vectors.Hex("relay", "voucherEnvelope"), voucher.Seal(relay));
        Assert.Equal(ReservationVoucher.Domain, Vectors.Section("relay").GetProperty("voucherDomain").GetString());
        Assert.Equal(Vectors.Hex("relay", "voucherCodec"), ReservationVoucher.PayloadType.ToArray());
        Assert.True(SignedEnvelope.TryOpen(Vectors.Hex("relay", "voucherEnvelope"), ReservationVoucher.Domain, out SignedEnvelope? envelope));
        Assert.Equal(Vectors.Hex("relay", "voucherPayload"), envelope.Payload.ToArray());
    }

    [Fact]
    public void Voucher_OfAnotherSignerOrDomain_IsRefused()
    {
        using Identity relay = Identity.Generate(), other = Identity.Generate();
        byte[] good = new ReservationVoucher(relay.PeerId, Two, 5).Seal(relay);
        Assert.True(ReservationVoucher.TryOpen(good, out _));
        Assert.Throws<ArgumentException>(() => new ReservationVoucher(relay.PeerId, Two, 5).Seal(other));
        byte[] payload = new ProtobufWriter().Bytes(1, relay.PeerId.Bytes).Bytes(2, Two.Bytes).Varint(3, 5).ToArray();
        Assert.False(ReservationVoucher.TryOpen(SignedEnvelope.Seal(other, ReservationVoucher.Domain, ReservationVoucher.PayloadType, payload), out _));
        Assert.False(ReservationVoucher.TryOpen(SignedEnvelope.Seal(relay, PeerRecord.Domain, ReservationVoucher.PayloadType, payload), out _));
        Assert.False(ReservationVoucher.TryOpen(SignedEnvelope.Seal(relay, ReservationVoucher.Domain, PeerRecord.PayloadType, payload), out _));
        Assert.True(ReservationVoucher.TryOpen(SignedEnvelope.Seal(relay, ReservationVoucher.Domain, ReservationVoucher.PayloadType, payload), out _));
    }

    [Fact]
    public void WhatIsWritten_IsReadAgain()
    {
        AnyHop.Sample(message => HopMessage.TryDecode(message.Encode(), out HopMessage? again) && again == message);
        AnyStop.Sample(message => StopMessage.TryDecode(message.Encode(), out StopMessage? again) && again == message);
    }

    [Fact]
    public void WrongWireTypes_AbsentTypes_AndUnknownOnes_AreRefused()
    {
        Assert.False(HopMessage.TryDecode([], out _));
        Assert.False(HopMessage.TryDecode(new ProtobufWriter().Varint(1, 3).ToArray(), out _));
        Assert.False(HopMessage.TryDecode(new ProtobufWriter().Bytes(1, [0]).ToArray(), out _));
        Assert.False(HopMessage.TryDecode(new ProtobufWriter().Varint(1, 1).Varint(2, 7).ToArray(), out _));
        Assert.False(HopMessage.TryDecode(new ProtobufWriter().Varint(1, 1).Bytes(2, new ProtobufWriter().Bytes(1, [9, 9]).ToArray()).ToArray(), out _));
        Assert.False(StopMessage.TryDecode([], out _));
        Assert.False(StopMessage.TryDecode(new ProtobufWriter().Varint(1, 2).ToArray(), out _));
        Assert.True(HopMessage.TryDecode(new ProtobufWriter().Varint(1, 0).Varint(9, 1).Bytes(10, [1]).ToArray(), out _));
    }

    [Fact]
    public void AnyBytes_AreReadOrRefused()
    {
        byte[] grant = new HopMessage(HopType.Status) { Status = CircuitStatus.Ok, Reservation = new(7, Addresses, Vectors.Hex("relay", "voucherEnvelope")), Limit = new(1, 2) }.Encode();
        AnyBytes.Feed(
            bytes => HopMessage.TryDecode(bytes, out _) | StopMessage.TryDecode(bytes, out _) | ReservationVoucher.TryOpen(bytes, out _),
            grant, Vectors.Hex("relay", "voucherEnvelope"), Vectors.Hex("relay", "hopConnect"), Vectors.Hex("relay", "stopConnect"));
    }

    [Fact]
    public async Task Messages_AreReadInAnyParts()
    {
        byte[] granted = new HopMessage(HopType.Status) { Status = CircuitStatus.Ok, Reservation = new(7, Addresses, Vectors.Hex("relay", "voucherEnvelope")), Limit = new(120, 1 << 17) }.Encode();
        await InAnyParts.FeedAsync(
            HopMessage.MaxBytes, bytes => HopMessage.TryDecode(bytes, out HopMessage? read) ? read.Encode() : null,
            granted, Vectors.Hex("relay", "hopReserve"), Vectors.Hex("relay", "hopConnect"), Vectors.Hex("relay", "hopStatusOk"));
        byte[] brought = new StopMessage(StopType.Connect) { Peer = new(One, Addresses), Limit = new(120, 1 << 17) }.Encode();
        await InAnyParts.FeedAsync(
            HopMessage.MaxBytes, bytes => StopMessage.TryDecode(bytes, out StopMessage? read) ? read.Encode() : null,
            brought, Vectors.Hex("relay", "stopConnect"), Vectors.Hex("relay", "stopStatusOk"));
    }

    [Fact]
    public void TheVoucher_CutAnywhere_OrLonger_IsRefused()
    {
        byte[] whole = Vectors.Hex("relay", "voucherEnvelope");
        Assert.All(Enumerable.Range(0, whole.Length), kept => Assert.False(ReservationVoucher.TryOpen(whole.AsSpan(0, kept), out _)));
        Assert.False(ReservationVoucher.TryOpen([.. whole, .. new byte[1 << 20]], out _));
    }

    [Fact]
    public async Task AMessage_TooLong_OrCut_IsRefused()
    {
        (PeerStream here, PeerStream there) = PeerStream.CreatePair(One, Two, HopMessage.Id);
        await there.Output.WriteAsync(new byte[] { 0x81, 0x20 }, TestContext.Current.CancellationToken);     // 4097
        await Assert.ThrowsAsync<ProtocolViolationException>(() => MessageExchange.HearHopAsync(here, TestContext.Current.CancellationToken));

        (here, there) = PeerStream.CreatePair(One, Two, HopMessage.Id);
        await there.Output.WriteAsync(new byte[] { 5, 8 }, TestContext.Current.CancellationToken);
        await there.Output.CompleteAsync();
        await Assert.ThrowsAsync<ProtocolViolationException>(() => MessageExchange.HearHopAsync(here, TestContext.Current.CancellationToken));

        (here, there) = PeerStream.CreatePair(One, Two, HopMessage.Id);
        await there.Output.CompleteAsync();
        await Assert.ThrowsAsync<ConnectionLostException>(() => MessageExchange.HearHopAsync(here, TestContext.Current.CancellationToken));
    }

    private static void AssertHop(string name, HopMessage message)
    {
        Assert.Equal(Convert.ToHexStringLower(Vectors.Hex("relay", name)), Convert.ToHexStringLower(message.Encode()));
        Assert.True(HopMessage.TryDecode(Vectors.Hex("relay", name), out HopMessage? read));
        Assert.Equal(message, read);
    }

    private static void AssertStop(string name, StopMessage message)
    {
        Assert.Equal(Convert.ToHexStringLower(Vectors.Hex("relay", name)), Convert.ToHexStringLower(message.Encode()));
        Assert.True(StopMessage.TryDecode(Vectors.Hex("relay", name), out StopMessage? read));
        Assert.Equal(message, read);
    }
}

using Aria.Libp2p.Encodings;
using Aria.Libp2p.Nat.HolePunching;
using CsCheck;

namespace Aria.Libp2p.Nat.Tests.HolePunching;

/// <summary>The bytes of DCUtR.</summary>
public sealed class PunchMessageTests
{
    private static readonly Multiaddress Address = Multiaddress.Parse("/ip4/192.0.2.7/tcp/4001");

    [Fact]
    public void Vectors_AreWrittenAndRead()
    {
        AssertIs("connect", new(PunchType.Connect, [Address]));
        AssertIs("sync", new(PunchType.Sync, []));
    }

    [Fact]
    public void WhatIsWritten_IsReadAgain() => Gen.Select(Gen.Bool, Gen.Int[0, PunchMessage.MaxAddresses]).Sample((isSync, count) =>
    {
        PunchMessage message = new(isSync ? PunchType.Sync : PunchType.Connect, [.. Enumerable.Range(1, count).Select(port => Multiaddress.Parse($"/ip4/192.0.2.7/tcp/{port}"))]);
        return PunchMessage.TryDecode(message.Encode(), out PunchMessage? again) && again == message;
    });

    [Fact]
    public void OtherTypes_AbsentOnes_AndWrongWireTypes_AreRefused()
    {
        Assert.False(PunchMessage.TryDecode([], out _));
        Assert.False(PunchMessage.TryDecode(new ProtobufWriter().Varint(1, 200).ToArray(), out _));
        Assert.False(PunchMessage.TryDecode(new ProtobufWriter().Bytes(1, [100]).ToArray(), out _));
        Assert.False(PunchMessage.TryDecode(new ProtobufWriter().Varint(1, 100).Varint(2, 1).ToArray(), out _));
        Assert.True(PunchMessage.TryDecode(new ProtobufWriter().Varint(1, 100).Bytes(2, [1, 2]).ToArray(), out PunchMessage? read));
        Assert.Empty(read.Addresses);
    }

    [Fact]
    public Task Messages_AreReadInAnyParts() => InAnyParts.FeedAsync(
        PunchMessage.MaxBytes, bytes => PunchMessage.TryDecode(bytes, out PunchMessage? read) ? read.Encode() : null,
        Vectors.Hex("dcutr", "connect"), Vectors.Hex("dcutr", "sync"), new PunchMessage(PunchType.Connect, [.. Enumerable.Repeat(Address, PunchMessage.MaxAddresses)]).Encode());

    [Fact]
    public void AnyBytes_AreReadOrRefused() => AnyBytes.Feed(bytes => PunchMessage.TryDecode(bytes, out _), Vectors.Hex("dcutr", "connect"), Vectors.Hex("dcutr", "sync"));

    private static void AssertIs(string name, PunchMessage message)
    {
        Assert.Equal(Convert.ToHexStringLower(Vectors.Hex("dcutr", name)), Convert.ToHexStringLower(message.Encode()));
        Assert.True(PunchMessage.TryDecode(Vectors.Hex("dcutr", name), out PunchMessage? read));
        Assert.Equal(message, read);
    }
}

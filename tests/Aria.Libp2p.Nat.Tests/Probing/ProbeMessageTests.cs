using System.Collections.Immutable;
using Aria.Libp2p.Encodings;
using Aria.Libp2p.Nat.Probing;
using CsCheck;

namespace Aria.Libp2p.Nat.Tests.Probing;

/// <summary>The bytes of AutoNAT v1 and v2.</summary>
public sealed class ProbeMessageTests
{
    private static readonly PeerId One = PeerId.Parse("12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq");
    private static readonly Multiaddress[] Addresses = [Multiaddress.Parse("/ip4/192.0.2.7/tcp/4001"), Multiaddress.Parse("/ip6/2001:db8::1/tcp/5")];

    private static readonly Gen<V1Message> AnyV1 = Gen.Select(Gen.Bool, Gen.Int[0, 2], Gen.Int[0, 400], Gen.String[Gen.Char['a', 'z'], 0, 20], (isResponse, count, status, text) => isResponse
        ? new V1Message { IsResponse = true, Status = (V1Status)status, StatusText = text, Reached = count == 0 ? null : Addresses[count - 1] }
        : new V1Message { Peer = One, Addresses = [.. Addresses[..count]] });

    private static readonly Gen<V2Message> AnyV2 = Gen.Select(Gen.Int[0, 3], Gen.ULong, Gen.UInt[0, int.MaxValue], Gen.Int[0, 3], (kind, number, index, some) => kind switch
    {
        0 => new V2Message.Request(some == 3 ? [null, Addresses[0]] : [.. Addresses[..some]], number),
        1 => new V2Message.Response((V2Status)(100 * some), index, (V2DialStatus)(100 * some)),
        2 => new V2Message.DataRequest(index, number),
        _ => (V2Message)new V2Message.Data((int)(index % V2Message.MaxDataBytes)),
    });

    [Fact]
    public void V1_IsWrittenAndRead_AsByOthers()
    {
        AssertV1("dial", new() { Peer = One, Addresses = [.. Addresses] });
        AssertV1("ok", new() { IsResponse = true, Status = V1Status.Ok, Reached = Addresses[0] });
        AssertV1("dialError", new() { IsResponse = true, Status = V1Status.DialError, StatusText = "no", Reached = Addresses[0] });
    }

    [Fact]
    public void V2_IsWrittenAndRead_AsByOthers()
    {
        AssertV2("request", new V2Message.Request([.. Addresses], 0x0102030405060708));
        AssertV2("response", new V2Message.Response(V2Status.Ok, 1, V2DialStatus.Ok));
        AssertV2("refused", new V2Message.Response(V2Status.DialRefused, 0, V2DialStatus.Unused));
        AssertV2("dataRequest", new V2Message.DataRequest(1, 60_000));
        AssertV2("data", new V2Message.Data(3));
        Assert.Equal(Vectors.Hex("autonatV2", "dialBack"), V2Message.EncodeDialBack(0x0102030405060708));
        Assert.True(V2Message.TryDecodeDialBack(Vectors.Hex("autonatV2", "dialBack"), out ulong nonce));
        Assert.Equal(0x0102030405060708u, nonce);
        Assert.False(V2Message.TryDecodeDialBack([], out _));
        Assert.Empty(Vectors.Hex("autonatV2", "dialBackOk"));       // status 0, and so is an answer without a byte
    }

    [Fact]
    public void WhatIsWritten_IsReadAgain()
    {
        AnyV1.Sample(message => V1Message.TryDecode(message.Encode(), out V1Message? again) && again == message);
        AnyV2.Sample(message => V2Message.TryDecode(message.Encode(), out V2Message? again) && again == message);
    }

    [Fact]
    public void TwoInOne_NoneAtAll_AndWrongTypes_AreRefused()
    {
        Assert.False(V2Message.TryDecode([], out _));
        Assert.False(V2Message.TryDecode([.. new V2Message.DataRequest(1, 2).Encode(), .. new V2Message.DataRequest(1, 2).Encode()], out _));
        Assert.False(V2Message.TryDecode(new ProtobufWriter().Varint(1, 0).ToArray(), out _));
        Assert.False(V2Message.TryDecode(new ProtobufWriter().Bytes(4, new ProtobufWriter().Bytes(1, new byte[V2Message.MaxDataBytes + 1]).ToArray()).ToArray(), out _));
        Assert.False(V1Message.TryDecode([], out _));
        Assert.False(V1Message.TryDecode(new ProtobufWriter().Varint(1, 2).ToArray(), out _));
        Assert.False(V1Message.TryDecode(new ProtobufWriter().Varint(1, 0).Varint(2, 1).ToArray(), out _));
    }

    [Fact]
    public void ManyAddresses_AreCutAtTheLimit()
    {
        ImmutableArray<Multiaddress> many = [.. Enumerable.Range(1, 200).Select(port => Multiaddress.Parse($"/ip4/192.0.2.7/tcp/{port}"))];
        Assert.True(V1Message.TryDecode(new V1Message { Peer = One, Addresses = many }.Encode(), out V1Message? v1));
        Assert.Equal(V1Message.MaxAddresses, v1.Addresses.Length);
        Assert.True(V2Message.TryDecode(new V2Message.Request([.. many], 1).Encode(), out V2Message? v2));
        Assert.Equal(V2Message.MaxAddresses, Assert.IsType<V2Message.Request>(v2).Addresses.Length);
    }

    [Fact]
    public async Task Messages_AreReadInAnyParts()
    {
        await InAnyParts.FeedAsync(V1Message.MaxBytes, bytes => V1Message.TryDecode(bytes, out V1Message? read) ? read.Encode() : null, All("autonatV1", "dial", "ok", "dialError"));
        await InAnyParts.FeedAsync(
            V2Message.MaxBytes, bytes => V2Message.TryDecode(bytes, out V2Message? read) ? read.Encode() : null,
            All("autonatV2", "request", "response", "refused", "dataRequest", "data"));
        await InAnyParts.FeedAsync(
            V2Message.MaxBytes, bytes => V2Message.TryDecodeDialBack(bytes, out ulong nonce) ? V2Message.EncodeDialBack(nonce) : null, All("autonatV2", "dialBack"));

        static byte[][] All(string section, params string[] names) => [.. names.Select(name => Vectors.Hex(section, name))];
    }

    [Fact]
    public void AnyBytes_AreReadOrRefused() => AnyBytes.Feed(
        bytes => V1Message.TryDecode(bytes, out _) | V2Message.TryDecode(bytes, out _) | V2Message.TryDecodeDialBack(bytes, out _),
        new V1Message { Peer = One, Addresses = [.. Addresses] }.Encode(), new V1Message { IsResponse = true, Status = V1Status.DialError, StatusText = "no", Reached = Addresses[1] }.Encode(),
        new V2Message.Request([.. Addresses], 9).Encode(), new V2Message.Response(V2Status.Ok, 1, V2DialStatus.Ok).Encode(), new V2Message.DataRequest(3, 40_000).Encode());

    private static void AssertV1(string name, V1Message message)
    {
        Assert.Equal(Convert.ToHexStringLower(Vectors.Hex("autonatV1", name)), Convert.ToHexStringLower(message.Encode()));
        Assert.True(V1Message.TryDecode(Vectors.Hex("autonatV1", name), out V1Message? read));
        Assert.Equal(message, read);
    }

    private static void AssertV2(string name, V2Message message)
    {
        Assert.Equal(Convert.ToHexStringLower(Vectors.Hex("autonatV2", name)), Convert.ToHexStringLower(message.Encode()));
        Assert.True(V2Message.TryDecode(Vectors.Hex("autonatV2", name), out V2Message? read));
        Assert.Equal(message, read);
    }
}

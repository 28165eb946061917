using Aria.Libp2p.Encodings;
using Aria.Libp2p.Identify;

namespace Aria.Libp2p.Tests.Identify;

public sealed class IdentifyMessageTests
{
    private static readonly byte[] Vector = Convert.FromHexString(Vectors.Section("identify").GetString()!);

    [Fact]
    public void Vector_IsReadAndWrittenToTheByte()
    {
        Assert.True(IdentifyMessage.TryDecode(Vector, out IdentifyMessage message));
        Assert.Equal(("aria-dotnet/0.1.0", "aria/0.1.0"), (message.AgentVersion, message.ProtocolVersion));
        Assert.Equal(["/ip4/127.0.0.1/tcp/4001"], message.ListenAddresses.Select(address => address.ToString()));
        Assert.Equal("/ip4/127.0.0.1/tcp/50000", message.ObservedAddress!.ToString());
        Assert.Equal(["/ipfs/id/1.0.0", "/ipfs/ping/1.0.0"], message.Protocols);
        Assert.Equal(Vectors.Hex("identity", "publicKeyProtobuf"), message.PublicKey.ToArray());
        Assert.Equal(Vectors.Hex("peerRecord", "envelope"), message.SignedPeerRecord.ToArray());
        Assert.Equal(Vector, message.Encode());
    }

    [Fact]
    public void PeerRecordVector_OpensAndIsSealedToTheByte()
    {
        using Identity identity = Vectors.Identity();
        Assert.True(PeerRecord.TryOpen(Vectors.Hex("peerRecord", "envelope"), out PeerRecord? record));
        Assert.Equal((identity.PeerId, 42ul), (record.Peer, record.Sequence));
        Assert.Equal(["/ip4/127.0.0.1/tcp/4001", "/ip4/192.0.2.7/udp/4001/quic-v1"], record.Addresses.Select(address => address.ToString()));
        Assert.Equal(Vectors.Hex("peerRecord", "envelope"), record.Seal(identity));
    }

    [Fact]
    public void RecordOfAnotherPeer_IsRefused()
    {
        using Identity identity = Identity.Generate(), other = Identity.Generate();
        PeerRecord record = new(identity.PeerId, 1, []);
        Assert.Throws<ArgumentException>(() => record.Seal(other));
        byte[] payload = new ProtobufWriter().Bytes(1, identity.PeerId.Bytes).Varint(2, 1).ToArray();
        Assert.False(PeerRecord.TryOpen(SignedEnvelope.Seal(other, PeerRecord.Domain, PeerRecord.PayloadType, payload), out _));
        Assert.False(PeerRecord.TryOpen(SignedEnvelope.Seal(identity, PeerRecord.Domain, [3, 2], payload), out _));
        Assert.True(PeerRecord.TryOpen(SignedEnvelope.Seal(identity, PeerRecord.Domain, PeerRecord.PayloadType, payload), out _));
    }

    [Fact]
    public void BadAddress_IsDroppedAlone()
    {
        byte[] bytes = new ProtobufWriter()
            .Bytes(2, [0xff, 0xff, 0xff]).Bytes(2, Multiaddress.Parse("/ip4/1.2.3.4/tcp/5").Bytes).Text(3, "/a").Text(3, "line\nbreak").Bytes(3, [0xff]).ToArray();
        Assert.True(IdentifyMessage.TryDecode(bytes, out IdentifyMessage message));
        Assert.Equal(["/ip4/1.2.3.4/tcp/5"], message.ListenAddresses.Select(address => address.ToString()));
        Assert.Equal(["/a"], message.Protocols);
        Assert.Null(message.AgentVersion);
    }

    [Fact]
    public void WrongWireType_IsRefused()
    {
        foreach (int field in new[] { 1, 2, 3, 4, 5, 6, 8 })
        {
            Assert.False(IdentifyMessage.TryDecode(new ProtobufWriter().Varint(field, 7).ToArray(), out _));
        }

        Assert.True(IdentifyMessage.TryDecode(new ProtobufWriter().Varint(99, 7).ToArray(), out _));
    }

    [Fact]
    public void ListsAreBounded()
    {
        ProtobufWriter writer = new();
        for (int i = 0; i < 1000; i++)
        {
            writer.Text(3, $"/p/{i}").Bytes(2, Multiaddress.Parse($"/ip4/1.2.3.4/tcp/{i}").Bytes);
        }

        Assert.True(IdentifyMessage.TryDecode(writer.ToArray(), out IdentifyMessage message));
        Assert.Equal((IdentifyMessage.MaxListed, IdentifyMessage.MaxListed), (message.Protocols.Length, message.ListenAddresses.Length));
    }

    [Fact]
    public void Merge_KeepsWhatTheLaterMessageLeavesOut()
    {
        IdentifyMessage first = new() { AgentVersion = "a", Protocols = ["/a"] }, later = new() { Protocols = ["/b"] };
        IdentifyMessage merged = first.Merge(later);
        Assert.Equal("a", merged.AgentVersion);
        Assert.Equal(["/b"], merged.Protocols);
    }

    [Fact]
    public void PartsOfOneAnswer_AddUp_WithinTheirBounds()
    {
        Multiaddress one = Multiaddress.Parse("/ip4/1.2.3.4/tcp/1"), two = Multiaddress.Parse("/ip4/1.2.3.4/tcp/2");
        IdentifyMessage whole = new IdentifyMessage { AgentVersion = "a", Protocols = ["/a"], ListenAddresses = [one] }
            .Append(new() { Protocols = ["/b"], ListenAddresses = [two], AgentVersion = "b" }).Append(new() { ObservedAddress = two });
        Assert.Equal(["/a", "/b"], whole.Protocols);
        Assert.Equal([one, two], whole.ListenAddresses);
        Assert.Equal(("b", two), (whole.AgentVersion, whole.ObservedAddress));

        IdentifyMessage full = new() { Protocols = [.. Enumerable.Range(0, IdentifyMessage.MaxListed).Select(i => $"/p/{i}")] };
        Assert.Equal(full.Protocols, full.Append(new() { Protocols = ["/more"] }).Protocols);
    }

    [Fact]
    public async Task AnAnswerInSeveralMessages_IsKnownWhole()
    {
        await using PeerGroup group = new();
        LocalPeer teller = await group.StartAsync(), hearer = group.Create();
        teller.Handle(IdentifyProtocol.Id, async (stream, cancellationToken) =>
        {
            LengthPrefixed.Write(stream.Output, new IdentifyMessage { Protocols = ["/a"] }.Encode());
            LengthPrefixed.Write(stream.Output, new IdentifyMessage { Protocols = ["/b", "/c"] }.Encode());
            await stream.Output.FlushAsync(cancellationToken);
        });
        TaskCompletionSource<IdentifiedPeer> told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        hearer.PeerIdentified += peer => told.TrySetResult(peer);
        await hearer.ConnectAsync(teller.Addresses[0], TestContext.Current.CancellationToken);
        Assert.Equal(["/a", "/b", "/c"], (await told.Task.WaitAsync(TestContext.Current.CancellationToken)).Protocols);
    }

    [Fact]
    public void ChangedBytes_AreRefusedOrRead_NeverMore()
    {
        Random random = Testing.TestSeed.Random();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100_000; i++)
        {
            byte[] bytes = i % 2 == 0 ? [.. Vector.AsSpan(0, random.Next(Vector.Length + 1))] : new byte[random.Next(64)];
            if (i % 2 == 1)
            {
                random.NextBytes(bytes);
            }

            for (int changes = random.Next(4); changes > 0 && bytes.Length > 0; changes--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            IdentifyMessage.TryDecode(bytes, out _);
            PeerRecord.TryOpen(bytes, out _);
        }

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100_000L * 16 * 1024);
    }
}

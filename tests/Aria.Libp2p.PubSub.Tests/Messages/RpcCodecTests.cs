using System.Globalization;
using System.IO.Pipelines;
using Aria.Libp2p.Encodings;
using Aria.Libp2p.PubSub.Messages;
using Aria.Testing;
using CsCheck;

namespace Aria.Libp2p.PubSub.Tests.Messages;

/// <summary>The frames: known answers, round trips, bounds, and bytes that strangers might send.</summary>
public sealed class RpcCodecTests
{
    private static readonly PeerId Other = PeerId.Parse("12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static MessageId Id(params byte[] bytes) => new(bytes);

    private static readonly Gen<MessageId> Ids = Gen.Byte.Array[1, 40].Select(bytes => new MessageId(bytes));
    private static readonly Gen<string> Topics = Gen.String[Gen.Char['a', 'z'], 1, 20];

    private static readonly Gen<Rpc> Rpcs =
        from subscriptions in Gen.Select(Topics, Gen.Bool, (topic, isOn) => new TopicChange(topic, isOn)).List[0, 4]
        from ihave in Gen.Select(Topics, Ids.List[0, 5], (topic, ids) => new Announcement(topic, ids)).List[0, 3]
        from iwant in Ids.List[0, 5]
        from graft in Topics.List[0, 3]
        from prune in Gen.Select(Topics, Gen.Byte.Array[0, 30], Gen.Int[0, 100], (topic, record, seconds) =>
            new Pruning(topic, [new(Other, record)], seconds == 0 ? null : TimeSpan.FromSeconds(seconds))).List[0, 3]
        from idontwant in Ids.List[0, 5]
        from data in Gen.Byte.Array[0, 50].List[0, 3]
        select new Rpc
        {
            Subscriptions = subscriptions, IHave = ihave, IWant = iwant, Graft = graft, Prune = prune, IDontWant = idontwant,
            Messages = [.. data.Select((one, i) => GossipMessage.Create(Peers.Identity(1), (ulong)i, "t", one))],
        };

    [Fact]
    public void ASubscriptionAndAMessage_AsJsWritesThem()
    {
        Rpc rpc = RpcCodec.Decode(PubSubVectors.Frame);
        Assert.Equal([new("aria/gossip/1", IsSubscribed: true)], rpc.Subscriptions);
        GossipMessage message = Assert.Single(rpc.Messages);
        Assert.Equal("hello aria"u8, message.Data.Span);
        Assert.Equal(1ul, message.Sequence);
        Assert.Equal(PubSubVectors.Message.Hex("signature"), message.Signature!.Value.ToArray());
        Assert.Equal(SignatureVerdict.Good, MessageSignature.Verify(message));
        Assert.Equal(PubSubVectors.Frame, RpcCodec.Encode(rpc));
    }

    [Fact]
    public void Control_AsJsWritesIt()
    {
        Is("subscribe", new() { Subscriptions = [new("a", IsSubscribed: true), new("b", IsSubscribed: false)] });
        Is("ihave", new() { IHave = [new("a", [Id(1), Id(2, 3)])] });
        Is("iwant", new() { IWant = [Id(1), Id(2, 3)] });
        Is("graft", new() { Graft = ["a", "b"] });
        Is("prune", new() { Prune = [new("a", [new(Other, default), new(Other, new byte[] { 10, 11 })], TimeSpan.FromSeconds(60))] });
        Is("pruneV10", new() { Prune = [new("a", [], null)] });
        Is("idontwant", new() { IDontWant = [Id(1), Id(2, 3)] });
    }

    private static void Is(string vector, Rpc rpc)
    {
        Assert.Equal(Convert.ToHexString(PubSubVectors.Control(vector)), Convert.ToHexString(RpcCodec.Encode(rpc)));
        Assert.Equal(PubSubVectors.Control(vector), RpcCodec.Encode(RpcCodec.Decode(PubSubVectors.Control(vector))));
    }

    [Fact]
    public void WhatIsWritten_IsReadTheSame() => Rpcs.Sample(
        rpc => RpcCodec.Encode(RpcCodec.Decode(RpcCodec.Encode(rpc))).AsSpan().SequenceEqual(RpcCodec.Encode(rpc)) && RpcCodec.Encode(rpc).Length <= rpc.ApproximateBytes * 2,
        iter: 2000);

    [Fact]
    public async Task AFrame_WholeSplitAtEveryByteAndByteByByte()
    {
        foreach (byte[] frame in PubSubVectors.Frames)
        {
            System.Buffers.ArrayBufferWriter<byte> framed = new();
            LengthPrefixed.Write(framed, frame);
            for (int at = 0; at <= framed.WrittenCount; at++)
            {
                Assert.Equal(frame, await ReadInPartsAsync(framed.WrittenMemory[..at], framed.WrittenMemory[at..]));
            }

            Assert.Equal(frame, await ReadInPartsAsync([.. Enumerable.Range(0, framed.WrittenCount).Select(i => framed.WrittenMemory.Slice(i, 1))]));
        }
    }

    private static async Task<byte[]?> ReadInPartsAsync(params ReadOnlyMemory<byte>[] parts)
    {
        Pipe pipe = new();
        ValueTask<byte[]?> reading = LengthPrefixed.ReadAsync(pipe.Reader, RpcBounds.FrameBytes, Stop);
        foreach (ReadOnlyMemory<byte> part in parts)
        {
            await pipe.Writer.WriteAsync(part, Stop);
        }

        await pipe.Writer.CompleteAsync();
        return await reading;
    }

    [Fact]
    public async Task AFrameBeyondItsBound_IsRefusedBeforeItIsStored()
    {
        Pipe pipe = new();
        byte[] length = new byte[Uvarint.MaxBytes];
        await pipe.Writer.WriteAsync(length.AsMemory(0, Uvarint.Write(length, RpcBounds.FrameBytes + 1)), Stop);
        await Assert.ThrowsAsync<ProtocolViolationException>(async () => await LengthPrefixed.ReadAsync(pipe.Reader, RpcBounds.FrameBytes, Stop));
    }

    [Fact]
    public void UnknownFields_AreSkipped_AndStayInTheMessage()
    {
        GossipMessage message = GossipMessage.Create(Peers.Identity(1), 1, "t", "x"u8);
        byte[] longer = [.. message.Encoded.Span, .. new ProtobufWriter().Varint(99, 7).Written.Span];
        byte[] frame = new ProtobufWriter().Varint(50, 1).Bytes(2, longer).Bytes(51, [1]).Bytes(3, new ProtobufWriter().Varint(20, 1).Bytes(3, new ProtobufWriter().Text(1, "t").Bytes(9, [1]).Written.Span).Written.Span).ToArray();
        Rpc rpc = RpcCodec.Decode(frame);
        Assert.Equal(["t"], rpc.Graft);
        GossipMessage read = Assert.Single(rpc.Messages);
        Assert.Equal(longer, read.Encoded.ToArray());
        Assert.Equal(SignatureVerdict.Wrong, MessageSignature.Verify(read));      // what was added is not signed
    }

    [Fact]
    public void TheLastOfAFieldGivenTwice_Counts() =>
        Assert.Equal(["b"], RpcCodec.Decode(new ProtobufWriter().Bytes(3, new ProtobufWriter().Bytes(3, new ProtobufWriter().Text(1, "a").Text(1, "b").Written.Span).Written.Span).Written.Span).Graft);

    [Theory]
    [InlineData("0a")]                      // cut
    [InlineData("0801")]                    // subscriptions as a number
    [InlineData("0a020801")]                // a subscription without a topic
    [InlineData("0a041202c328")]            // a topic that is no UTF-8
    [InlineData("12020a00")]                // a message without a topic
    [InlineData("12050801220174")]          // from as a number
    [InlineData("1802")]                    // control as a number
    [InlineData("1a0412020a00")]            // an empty id
    [InlineData("1a0722050a01741a00")]      // a back-off that is no number
    [InlineData("1a03220108")]              // a cut prune
    public void WhatIsWrong_IsOneException(string hex) => Assert.Throws<ProtocolViolationException>(() => RpcCodec.Decode(Convert.FromHexString(hex)));

    [Fact]
    public void Bounds_AreHeld()
    {
        Refused(new() { Subscriptions = [.. Enumerable.Repeat(new TopicChange("t", IsSubscribed: true), RpcBounds.Subscriptions + 1)] });
        Refused(new() { IHave = [.. Enumerable.Repeat(new Announcement("t", [.. Enumerable.Repeat(Id(1), RpcBounds.Ids / 2)]), 3)] });
        Refused(new() { IWant = [.. Enumerable.Repeat(Id(1), RpcBounds.Ids + 1)] });
        Refused(new() { IDontWant = [.. Enumerable.Repeat(Id(1), RpcBounds.Ids + 1)] });
        Refused(new() { Graft = [.. Enumerable.Repeat("t", RpcBounds.ControlEntries + 1)] });
        Refused(new() { Prune = [new("t", [.. Enumerable.Repeat(new ExchangedPeer(Other, default), RpcBounds.ExchangedPeers + 1)], null)] });
        Refused(new() { Graft = [new('t', RpcBounds.TopicBytes + 1)] });
        Refused(new() { IWant = [new(new byte[RpcBounds.IdBytes + 1])] });
        Assert.Equal(RpcBounds.Ids, RpcCodec.Decode(RpcCodec.Encode(new() { IWant = [.. Enumerable.Repeat(Id(1), RpcBounds.Ids)] })).IWant.Count);
    }

    private static void Refused(Rpc rpc) => Assert.Throws<ProtocolViolationException>(() => RpcCodec.Decode(RpcCodec.Encode(rpc)));

    /// <summary>A hundred thousand inputs; with <c>ARIA_FUZZ_INPUTS</c> as many as that says.</summary>
    [Fact]
    public void AnyBytes_GiveAFrameOrOneException_AndLittleMemory()
    {
        const long MaxAllocatedPerInput = 8 * 1024;
        int inputs = int.TryParse(Environment.GetEnvironmentVariable("ARIA_FUZZ_INPUTS"), CultureInfo.InvariantCulture, out int asked) ? asked : 100_000;
        Random random = TestSeed.Random();
        byte[][] vectors = [.. PubSubVectors.Frames];
        int read = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < inputs; i++)
        {
            byte[] bytes = ChangedBytes.Of(random, vectors[random.Next(vectors.Length)]);
            try
            {
                Rpc rpc = RpcCodec.Decode(bytes);
                Assert.Equal(RpcCodec.Encode(rpc), RpcCodec.Encode(RpcCodec.Decode(RpcCodec.Encode(rpc))));
                read++;
            }
            catch (ProtocolViolationException)
            {
                // The one type.
            }
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"{inputs} inputs, {read} read, {allocated / inputs} bytes allocated for each");
        Assert.InRange(read, 1, inputs - 1);
        Assert.True(allocated < inputs * MaxAllocatedPerInput);
    }
}

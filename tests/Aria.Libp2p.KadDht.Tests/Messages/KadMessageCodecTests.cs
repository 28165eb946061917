using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using Aria.Libp2p.KadDht.Messages;
using Aria.Testing;

namespace Aria.Libp2p.KadDht.Tests.Messages;

public sealed class KadMessageCodecTests
{
    private static readonly Dictionary<string, JsonElement> Messages =
        DhtVectors.Section("messages").EnumerateArray().ToDictionary(message => message.Text("name"));

    public static TheoryData<string> Names => [.. Messages.Keys];

    public static TheoryData<string> Accepted => [.. DhtVectors.Section("accepted").EnumerateArray().Select(one => one.Text("name"))];

    public static TheoryData<string> Refused => [.. DhtVectors.Section("refused").EnumerateArray().Select(one => one.Text("name"))];

    [Theory]
    [MemberData(nameof(Names))]
    public void Vector_IsWrittenToTheByte(string name) =>
        Assert.Equal(Messages[name].Text("hex"), Convert.ToHexStringLower(KadMessageCodec.Encode(FromJson(Messages[name]))));

    [Theory]
    [MemberData(nameof(Names))]
    public void Vector_IsRead(string name)
    {
        Assert.True(KadMessageCodec.TryDecode(Messages[name].Hex("hex"), out KadMessage? message));
        AssertSame(FromJson(Messages[name]), message);
    }

    [Fact]
    public void TheRecordAlone_IsWrittenToTheByte() =>
        Assert.Equal(DhtVectors.Section("record").GetString(), Convert.ToHexStringLower(KadMessageCodec.Encode(FromJson(Messages["put value request"]).Record!)));

    [Theory]
    [MemberData(nameof(Accepted))]
    public void WhatAReaderSkips_IsSkipped(string name)
    {
        JsonElement vector = DhtVectors.Section("accepted").EnumerateArray().Single(one => one.Text("name") == name);
        Assert.True(KadMessageCodec.TryDecode(vector.Hex("hex"), out KadMessage? message));
        AssertSame(FromJson(Messages[vector.Text("readsAs")]), message);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void WhatIsNoMessage_IsRefused(string name) =>
        Assert.False(KadMessageCodec.TryDecode(DhtVectors.Section("refused").EnumerateArray().Single(one => one.Text("name") == name).Hex("hex"), out _));

    [Fact]
    public void EveryCut_IsRefusedOrReadsAsLess()
    {
        foreach (JsonElement vector in Messages.Values)
        {
            byte[] bytes = vector.Hex("hex");
            for (int length = 0; length < bytes.Length; length++)
            {
                if (KadMessageCodec.TryDecode(bytes.AsSpan(0, length), out KadMessage? message))
                {
                    Assert.True(KadMessageCodec.Encode(message).Length <= length);
                }
            }
        }
    }

    [Fact]
    public void ManyPeersAndAddresses_AreCutToTheBounds()
    {
        KadPeer talkative = new(Samples.Peer(0), [.. Enumerable.Range(1, 40).Select(port => Multiaddress.Parse($"/ip4/192.0.2.1/tcp/{port}"))]);
        KadMessage crowd = new(KadMessageType.FindNode, default)
        {
            CloserPeers = [talkative, .. Enumerable.Range(1, 300).Select(number => new KadPeer(Samples.Peer(number), []))],
        };
        Assert.True(KadMessageCodec.TryDecode(KadMessageCodec.Encode(crowd), out KadMessage? read));
        Assert.Equal(KadMessageCodec.MaxPeers, read.CloserPeers.Length);
        Assert.Equal(KadMessageCodec.MaxAddresses, read.CloserPeers[0].Addresses.Length);
    }

    /// <summary>A hundred thousand inputs; with <c>ARIA_FUZZ_INPUTS</c> as many as that says.</summary>
    [Fact]
    public void RandomAndMutatedBytes_AreReadOrRefused_WithoutException_InBoundedMemory()
    {
        int inputs = int.TryParse(Environment.GetEnvironmentVariable("ARIA_FUZZ_INPUTS"), CultureInfo.InvariantCulture, out int asked) ? asked : 100_000;
        Random random = TestSeed.Random();
        byte[][] seeds = [.. Messages.Values.Select(message => message.Hex("hex"))];
        int taken = 0, framed = 0;
        double mostPerByte = 0;
        for (int i = 0; i < inputs; i++)
        {
            byte[] bytes = Mutated(random, seeds);
            double perByte = AllocatedPerByte(bytes, out KadMessage? message);
            for (int again = 0; again < 3 && perByte > mostPerByte; again++)
            {
                perByte = Math.Min(perByte, AllocatedPerByte(bytes, out message));      // what the runtime allocates once is not the codec's
            }

            bool isMessage = message is not null;
            mostPerByte = Math.Max(mostPerByte, perByte);
            if (isMessage)
            {
                taken++;
                Assert.True(KadMessageCodec.TryDecode(KadMessageCodec.Encode(message!), out KadMessage? again));
                AssertSame(message!, again);
            }

            // The same bytes as a frame in pieces: whole or not yet, or refused, and never more than was there.
            ReadOnlySequence<byte> pieces = Pieces(bytes, random);
            if (KadFrame.TryRead(ref pieces, KadFrame.MaxRequestBytes, out ReadOnlySequence<byte> frame) == OperationStatus.Done)
            {
                framed++;
                Assert.True(frame.Length + pieces.Length < bytes.Length);
            }
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{inputs} inputs: {taken} are messages, {framed} begin with a frame, at most {mostPerByte:0} bytes allocated for each byte read");
        Assert.True(taken > inputs / 20 && framed > inputs / 20);
        Assert.InRange(mostPerByte, 0, 64);
    }

    private static double AllocatedPerByte(byte[] bytes, out KadMessage? message)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(KadMessageCodec.TryDecode(bytes, out message), message is not null);
        return (GC.GetAllocatedBytesForCurrentThread() - before) / (64.0 + bytes.Length);
    }

    [Fact]
    public void Time_HasNineDigits() => Assert.Equal(
        "2026-01-02T03:04:05.678000000Z",
        KadMessageCodec.FormatTime(new DateTimeOffset(2026, 1, 2, 4, 4, 5, 678, TimeSpan.FromHours(1))));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task AFrame_ArrivesByteByByte(string name)
    {
        Pipe pipe = new();
        Task<KadMessage?> reading = KadFrame.ReadAsync(pipe.Reader, KadFrame.MaxRequestBytes, TestContext.Current.CancellationToken).AsTask();
        foreach (byte one in Messages[name].Hex("framed"))
        {
            await pipe.Writer.WriteAsync(new[] { one }, TestContext.Current.CancellationToken);
        }

        AssertSame(FromJson(Messages[name]), Assert.IsType<KadMessage>(await reading));
    }

    [Fact]
    public async Task Frames_FollowEachOther_AndTheEndIsNull()
    {
        Pipe pipe = new();
        foreach (JsonElement message in Messages.Values)
        {
            await KadFrame.WriteAsync(pipe.Writer, FromJson(message), TestContext.Current.CancellationToken);
        }

        await pipe.Writer.CompleteAsync();
        foreach (JsonElement message in Messages.Values)
        {
            AssertSame(FromJson(message), Assert.IsType<KadMessage>(await KadFrame.ReadAsync(pipe.Reader, KadFrame.MaxRequestBytes, TestContext.Current.CancellationToken)));
        }

        Assert.Null(await KadFrame.ReadAsync(pipe.Reader, KadFrame.MaxRequestBytes, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("81800400", 64 * 1024)]     // 65,537 bytes
    [InlineData("8000", 64 * 1024)]         // not the shortest spelling
    [InlineData("ffffffffffffffffff01", 64 * 1024)]
    [InlineData("0508", 64 * 1024)]         // cut off
    [InlineData("020806", 64 * 1024)]       // no message
    [InlineData("03080412", 2)]
    public async Task AFrameThatIsWrong_EndsTheStream(string hex, int maxBytes)
    {
        PipeReader reader = PipeReader.Create(new ReadOnlySequence<byte>(Convert.FromHexString(hex)));
        await Assert.ThrowsAsync<ProtocolViolationException>(async () => await KadFrame.ReadAsync(reader, maxBytes, TestContext.Current.CancellationToken));
    }

    private static byte[] Mutated(Random random, byte[][] seeds)
    {
        byte[] bytes = [.. seeds[random.Next(seeds.Length)]];
        for (int changes = random.Next(1, 6); changes > 0 && bytes.Length > 0; changes--)
        {
            int at = random.Next(bytes.Length);
            bytes = random.Next(6) switch
            {
                0 => [.. bytes[..at], (byte)random.Next(256), .. bytes[at..]],
                1 => [.. bytes[..at], .. bytes[(at + 1)..]],
                2 => bytes[..at],
                3 => [.. bytes[..at], .. seeds[random.Next(seeds.Length)], .. bytes[at..]],     // a message within a message
                4 => [.. bytes, .. bytes[at..]],
                _ => [.. bytes[..at], (byte)random.Next(256), .. bytes[(at + 1)..]],
            };
        }

        return bytes;
    }

    private static ReadOnlySequence<byte> Pieces(byte[] bytes, Random random)
    {
        Piece first = new(bytes.AsMemory(0, random.Next(bytes.Length + 1)), 0);
        Piece last = first;
        for (int at = first.Memory.Length; at < bytes.Length; at += last.Memory.Length)
        {
            last = last.Then(bytes.AsMemory(at, random.Next(1, bytes.Length - at + 1)));
        }

        return new(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long at) => (Memory, RunningIndex) = (memory, at);

        public Piece Then(ReadOnlyMemory<byte> memory)
        {
            Piece next = new(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }

    private static void AssertSame(KadMessage expected, KadMessage actual)
    {
        Assert.Equal(expected.Type, actual.Type);
        Assert.Equal(expected.Key.ToArray(), actual.Key.ToArray());
        Assert.Equal(expected.Record?.Key.ToArray(), actual.Record?.Key.ToArray());
        Assert.Equal(expected.Record?.Value.ToArray(), actual.Record?.Value.ToArray());
        Assert.Equal(expected.Record?.TimeReceived, actual.Record?.TimeReceived);
        Assert.Equal(expected.CloserPeers.Select(Text), actual.CloserPeers.Select(Text));
        Assert.Equal(expected.ProviderPeers.Select(Text), actual.ProviderPeers.Select(Text));
    }

    private static string Text(KadPeer peer) => $"{peer.Id} {string.Join(' ', peer.Addresses)} {peer.Connection}";

    private static KadMessage FromJson(JsonElement json) => new(TypeOf(json.Text("type")), json.Hex("key"))
    {
        Record = json.GetProperty("record") is { ValueKind: JsonValueKind.Object } record
            ? new(record.Hex("key"), record.Hex("value"), record.Text("timeReceived"))
            : null,
        CloserPeers = [.. json.GetProperty("closerPeers").EnumerateArray().Select(PeerFromJson)],
        ProviderPeers = [.. json.GetProperty("providerPeers").EnumerateArray().Select(PeerFromJson)],
    };

    private static KadPeer PeerFromJson(JsonElement json)
    {
        Assert.True(PeerId.TryFromBytes(json.Hex("id"), out PeerId? id));
        return new(
            id,
            [.. json.GetProperty("addresses").EnumerateArray().Select(address => Multiaddress.TryParse(Convert.FromHexString(address.GetString()!), out Multiaddress? read) ? read : throw new FormatException())],
            json.GetProperty("connection").GetUInt64());
    }

    private static KadMessageType TypeOf(string name) => Enum.Parse<KadMessageType>(name.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);
}

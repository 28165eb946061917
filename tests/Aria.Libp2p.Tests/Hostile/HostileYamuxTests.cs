using System.IO.Pipelines;
using System.Text;
using Aria.Libp2p.Identify;
using Aria.Libp2p.Transports;
using Aria.Libp2p.Yamux;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Aria.Libp2p.Tests.Hostile;

/// <summary>Authenticated peers that break yamux: told so, disconnected, counted, logged once, and nobody else notices.</summary>
public sealed class HostileYamuxTests
{
    private const string Echo = "/test/echo/1";
    private const string Wait = "/test/wait/1";

    // The remote end of most tests answers no ping.
    private static readonly LocalPeerOptions Quiet = new() { KeepAliveInterval = Timeout.InfiniteTimeSpan };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static TheoryData<string> Violations => ["version", "type", "flags", "stream 0", "own parity", "twice", "window", "grant", "data after the end", "ping on a stream"];

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task Violation_IsAnsweredByAGoAway_AndEndsTheConnectionAlone(string violation)
    {
        RecordingLogs logs = new();
        await using PeerGroup group = new(overTcp: true, Quiet) { Loggers = logs };
        LocalPeer target = await StartAsync(group);
        LocalPeer friend = group.Create();
        using Counts counts = new(target);
        await friend.ConnectAsync(target.Addresses[0], Stop);
        await using RawPeer peer = await RawPeer.ConnectAsync(target.Addresses[0]);
        await peer.OpenAsync(1, Wait);
        switch (violation)
        {
            case "version":
                await peer.Channel.SendAsync(new byte[] { 1, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0 }, Stop);
                break;
            case "type":
                await peer.SendAsync((FrameType)4, FrameFlags.None, 0, 0);
                break;
            case "flags":
                await peer.SendAsync(FrameType.WindowUpdate, (FrameFlags)0x10, 1, 0);
                break;
            case "stream 0":
                await peer.SendDataAsync(0, new byte[1]);
                break;
            case "own parity":
                await peer.SendAsync(FrameType.WindowUpdate, FrameFlags.Syn, 2, 0);
                break;
            case "twice":
                await peer.SendAsync(FrameType.WindowUpdate, FrameFlags.Syn, 1, 0);
                break;
            case "window":
                await peer.SendAsync(FrameType.Data, FrameFlags.None, 1, 256 * 1024 + 1);
                break;
            case "grant":
                await peer.SendAsync(FrameType.WindowUpdate, FrameFlags.None, 1, uint.MaxValue);
                break;
            case "data after the end":
                await peer.SendDataAsync(1, new byte[1], FrameFlags.Fin);
                await peer.SendDataAsync(1, new byte[1]);
                break;
            case "ping on a stream":
                await peer.SendAsync(FrameType.Ping, FrameFlags.Syn, 1, 7);
                break;
        }

        Assert.Equal(GoAwayCode.ProtocolError, await peer.ReceiveGoAwayAsync());
        await counts.WaitForAsync("libp2p.connections.violated", 1);
        Assert.Single(logs.Lines, line => line.Level == LogLevel.Warning && line.Text.Contains(peer.Id.ToString(), StringComparison.Ordinal));
        Assert.DoesNotContain(logs.Lines, line => line.Level > LogLevel.Warning);
        Assert.True(await friend.PingAsync(target.Id, Stop) > TimeSpan.Zero);
        Assert.Equal([friend.Id], target.ConnectedPeers);
    }

    [Fact]
    public async Task TamperedFrame_EndsTheConnection()
    {
        await using PeerGroup group = new(overTcp: true, Quiet);
        LocalPeer target = await StartAsync(group);
        using Counts counts = new(target);
        await using RawPeer peer = await RawPeer.ConnectAsync(target.Addresses[0]);
        await peer.Plain.SendAsync((byte[])[0, 40, .. new byte[40]], Stop);
        await peer.ReceiveGoAwayAsync();
        await counts.WaitForAsync("libp2p.connections.violated", 1);
    }

    [Fact]
    public async Task ReplayedFrame_EndsTheConnection_AndIsCounted_AndLoggedOnce()
    {
        RecordingLogs logs = new();
        await using PeerGroup group = new(overTcp: true, Quiet) { Loggers = logs };
        LocalPeer target = await StartAsync(group);
        using Counts counts = new(target);
        await using RawPeer peer = await RawPeer.ConnectAsync(target.Addresses[0], recorded: true);
        await peer.SendAsync(FrameType.Ping, FrameFlags.Syn, 0, 7);
        await peer.ReceiveAsync(frame => frame is { Type: FrameType.Ping, Length: 7 });
        await peer.Plain.SendAsync(peer.LastSent, Stop);
        await peer.ReceiveGoAwayAsync();
        await counts.WaitForAsync("libp2p.connections.violated", 1);
        Assert.Single(logs.Lines, line => line.Level == LogLevel.Warning);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ViolationsOfOneHost_AgainAndAgain_AreCountedEachTime_AndLoggedOnce(bool isOnePeer)
    {
        RecordingLogs logs = new();
        await using PeerGroup group = new(overTcp: true, Quiet) { Loggers = logs };
        LocalPeer target = await StartAsync(group);
        using Counts counts = new(target);
        using Identity identity = Identity.Generate();
        for (int i = 1; i <= 3; i++)
        {
            await using RawPeer peer = await RawPeer.ConnectAsync(target.Addresses[0], identity: isOnePeer ? identity : null);
            await peer.SendAsync((FrameType)9, FrameFlags.None, 0, 0);
            await peer.ReceiveGoAwayAsync();
            await counts.WaitForAsync("libp2p.connections.violated", i);
        }

        Assert.Single(logs.Lines, line => line.Level == LogLevel.Warning);
    }

    [Theory]
    [InlineData("ffffff7f")]            // 256 MiB
    [InlineData("8000")]                // a length spelled too long
    [InlineData("03ffffff")]            // no protobuf
    public async Task MessagesThatBreakTheirProtocol_ResetTheirStreamsAlone_AreCounted_AndLoggedOnce(string hex)
    {
        RecordingLogs logs = new();
        await using PeerGroup group = new(overTcp: true, Quiet) { Loggers = logs };
        LocalPeer target = await StartAsync(group);
        using Counts counts = new(target);
        await using RawPeer peer = await RawPeer.ConnectAsync(target.Addresses[0]);
        for (uint stream = 1; stream < 7; stream += 2)
        {
            await peer.OpenAsync(stream, IdentifyProtocol.PushId);
            await peer.SendDataAsync(stream, Convert.FromHexString(hex));
            await peer.ReceiveAsync(frame => frame.StreamId == stream && (frame.Flags & FrameFlags.Rst) != 0);
        }

        await counts.WaitForAsync($"libp2p.streams.violated/{IdentifyProtocol.PushId}", 3);
        await AssertEchoAsync(peer, 7);
        Assert.Single(logs.Lines, line => line.Level == LogLevel.Warning);
        Assert.Equal(3, counts.Of($"libp2p.streams.violated/{IdentifyProtocol.PushId}"));
    }

    [Fact]
    public async Task AFrame_MayBeCutAnywhere_BetweenNoiseFrames()
    {
        await using PeerGroup group = new(overTcp: true, Quiet);
        LocalPeer target = await StartAsync(group);
        await using RawPeer peer = await RawPeer.ConnectAsync(target.Addresses[0]);
        await AssertEchoAsync(peer, 1);
        byte[] body = [.. Enumerable.Range(0, 20).Select(i => (byte)i)], frame = new byte[FrameHeader.Bytes + body.Length];
        new FrameHeader(FrameType.Data, FrameFlags.None, 1, (uint)body.Length).Write(frame);
        body.CopyTo(frame, FrameHeader.Bytes);
        for (int cut = 0; cut <= frame.Length; cut++)
        {
            await peer.Channel.SendAsync(frame.AsMemory(0, cut), Stop);
            await peer.Channel.SendAsync(frame.AsMemory(cut), Stop);
            List<byte> heard = [];
            while (heard.Count < body.Length)
            {
                heard.AddRange((await peer.ReceiveAsync(received => received is { StreamId: 1, Type: FrameType.Data })).Body);
            }

            Assert.Equal(body, heard);
        }
    }

    [Fact]
    public async Task EmptyFrames_AreLegal()
    {
        await using PeerGroup group = new(overTcp: true, Quiet);
        LocalPeer target = await StartAsync(group);
        await using RawPeer peer = await RawPeer.ConnectAsync(target.Addresses[0]);
        for (int i = 0; i < 10; i++)
        {
            peer.Channel.NextText();
            peer.Channel.Seal(0);
            await peer.Channel.FlushAsync(Stop);
        }

        await AssertEchoAsync(peer, 1);
    }

    [Fact]
    public async Task DialerThatNamesNoMuxer_NegotiatesIt()
    {
        await using PeerGroup group = new(overTcp: true, Quiet);
        LocalPeer target = await StartAsync(group);
        await using RawPeer peer = await RawPeer.ConnectAsync(target.Addresses[0], earlyMuxer: false);
        await AssertEchoAsync(peer, 1);
    }

    [Fact]
    public async Task ListenerThatNamesNoMuxer_IsAskedForIt()
    {
        await using PeerGroup group = new(overTcp: true, Quiet);
        LocalPeer dialer = group.Create();
        await using ITransportListener listener = await new TcpTransport().ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/tcp/0"), Stop);
        Identity identity = Identity.Generate();
        Task<RawPeer> accepting = RawPeer.AcceptAsync(listener, identity);
        await dialer.ConnectAsync(listener.Addresses[0].WithPeer(identity.PeerId), Stop);
        await using RawPeer peer = await accepting;
        await peer.IdentifyAsync("/nothing");
        await peer.SendAsync(FrameType.Ping, FrameFlags.Syn, 0, 7);
        await peer.ReceiveAsync(frame => frame is { Type: FrameType.Ping, Flags: FrameFlags.Ack, Length: 7 });
    }

    [Fact]
    public async Task StreamsBeyondTheLimit_AreReset_AndTheSessionLives()
    {
        const int Limit = 20;
        await using PeerGroup group = new(overTcp: true, Quiet with { MaxInboundStreams = Limit });
        LocalPeer target = await StartAsync(group);
        using Counts counts = new(target);
        await using RawPeer peer = await RawPeer.ConnectAsync(target.Addresses[0]);
        for (uint i = 0; i < Limit; i++)
        {
            await peer.OpenAsync(1 + 2 * i, Wait);
        }

        for (uint i = 0; i < 500; i++)
        {
            await peer.SendAsync(FrameType.WindowUpdate, FrameFlags.Syn, 1001 + 2 * i, 0);
        }

        for (uint i = 0; i < 500; i++)
        {
            (FrameHeader header, _) = await peer.ReceiveAsync(frame => frame.Flags == FrameFlags.Rst);
            Assert.Equal(1001 + 2 * i, header.StreamId);
        }

        await counts.WaitForAsync("libp2p.streams.refused/number", 500);

        // Room again once a stream ends.
        await peer.SendAsync(FrameType.WindowUpdate, FrameFlags.Rst, 1, 0);
        await AssertEchoAsync(peer, 5001);
    }

    [Fact]
    public async Task OpenedAndResetAtOnce_AgainAndAgain_LeavesNothingBehind()
    {
        await using PeerGroup group = new(overTcp: true, Quiet);
        LocalPeer target = await StartAsync(group);
        await using RawPeer peer = await RawPeer.ConnectAsync(target.Addresses[0]);
        for (uint i = 0; i < 5000; i++)
        {
            await peer.OpenAsync(1 + 2 * i, Wait);
            await peer.SendAsync(FrameType.WindowUpdate, FrameFlags.Rst, 1 + 2 * i, 0xdead);     // a reset's length is an error code
        }

        // While handlers of the streams before are still behind, a new stream is reset: the honest opener tries again.
        uint next = 20_001;
        while (!await TryEchoAsync(peer, next))
        {
            next += 2;
        }
    }

    [Fact]
    public async Task LateDataOfAStreamThatWasReset_IsDropped()
    {
        await using PeerGroup group = new(overTcp: true, Quiet);
        LocalPeer target = await StartAsync(group);
        target.Handle("/test/reset/1", (stream, _) =>
        {
            stream.Reset();
            return Task.CompletedTask;
        });
        await using RawPeer peer = await RawPeer.ConnectAsync(target.Addresses[0]);
        await peer.OpenAsync(1, "/test/reset/1");
        await peer.ReceiveAsync(frame => frame is { StreamId: 1, Flags: FrameFlags.Rst });
        for (int i = 0; i < 100; i++)
        {
            await peer.SendDataAsync(1, new byte[10_000]);
        }

        await AssertEchoAsync(peer, 3);
    }

    [Fact]
    public async Task PingFlood_IsAnsweredAsFarAsItIsRead()
    {
        await using PeerGroup group = new(overTcp: true, Quiet);
        LocalPeer target = await StartAsync(group);
        await using RawPeer peer = await RawPeer.ConnectAsync(target.Addresses[0]);
        for (uint i = 1; i <= 20_000; i++)
        {
            await peer.SendAsync(FrameType.Ping, FrameFlags.Syn, 0, i);
        }

        await peer.ReceiveAsync(frame => frame is { Type: FrameType.Ping, Flags: FrameFlags.Ack, Length: 20_000 });
    }

    [Fact]
    public async Task StalledReader_HoldsUpItsOwnWriterAlone()
    {
        await using PeerGroup group = new(overTcp: true, Quiet);
        LocalPeer target = await StartAsync(group);
        LocalPeer dialer = group.Create();
        await dialer.ConnectAsync(target.Addresses[0], Stop);
        await using PeerStream stalled = await dialer.OpenStreamAsync(target.Id, Wait, Stop);
        ValueTask<FlushResult> stuck = stalled.Output.WriteAsync(new byte[4_000_000], Stop);
        await using PeerStream echo = await dialer.OpenStreamAsync(target.Id, Echo, Stop);
        for (int i = 0; i < 20; i++)
        {
            byte[] sent = new byte[100_000];
            await echo.Output.WriteAsync(sent, Stop);
            ReadResult result = await echo.Input.ReadAtLeastAsync(sent.Length, Stop);
            Assert.Equal(sent.Length, result.Buffer.Length);
            echo.Input.AdvanceTo(result.Buffer.End);
        }

        Assert.False(stuck.IsCompleted);
        stalled.Reset();
        await Assert.ThrowsAsync<StreamResetException>(() => stuck.AsTask());
    }

    [Fact]
    public async Task GoAway_LetsOpenStreamsFinish_AndTakesNoNewOnes()
    {
        await using PeerGroup group = new(overTcp: true, Quiet);
        LocalPeer target = await StartAsync(group);
        await using RawPeer peer = await RawPeer.ConnectAsync(target.Addresses[0]);
        await AssertEchoAsync(peer, 1);
        await peer.SendAsync(FrameType.GoAway, FrameFlags.None, 0, (uint)GoAwayCode.Normal);
        await AssertEchoAsync(peer, 1, opened: true);
        await Assert.ThrowsAnyAsync<Libp2pException>(() => target.OpenStreamAsync(peer.Id, Echo, Stop));
    }

    [Fact]
    public async Task PeerThatAnswersNoPing_CountsAsLost()
    {
        FakeTimeProvider time = new();
        await using PeerGroup group = new(overTcp: true, time: time);
        LocalPeer target = await StartAsync(group);
        TaskCompletionSource<PeerId> left = new(TaskCreationOptions.RunContinuationsAsynchronously);
        target.PeerDisconnected += left.SetResult;
        await using RawPeer peer = await RawPeer.ConnectAsync(target.Addresses[0]);
        for (int i = 0; i < 2; i++)
        {
            await peer.ReceiveAsync(frame => frame is { Type: FrameType.Ping, Flags: FrameFlags.Syn });
            time.Advance(group.Options.KeepAliveTimeout);
        }

        Assert.Equal(peer.Id, await left.Task.WaitAsync(Stop));
    }

    private static async Task<LocalPeer> StartAsync(PeerGroup group)
    {
        LocalPeer target = await group.StartAsync();
        target.Handle(Echo, LocalPeerTests.EchoAsync);
        target.Handle(Wait, async (stream, token) =>
        {
            // Reads, consumes nothing, and ends with the stream.
            while (await stream.Input.ReadAsync(token) is { IsCompleted: false } result)
            {
                stream.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            }
        });
        return target;
    }

    private static async Task AssertEchoAsync(RawPeer peer, uint stream, bool opened = false) => Assert.True(await TryEchoAsync(peer, stream, opened));

    // False where the stream was reset.
    private static async Task<bool> TryEchoAsync(RawPeer peer, uint stream, bool opened = false)
    {
        if (!opened)
        {
            await peer.OpenAsync(stream, Echo);
        }

        await peer.SendDataAsync(stream, "well?"u8.ToArray());
        StringBuilder heard = new();
        while (!heard.ToString().EndsWith("well?", StringComparison.Ordinal))
        {
            (FrameHeader header, byte[] body) = await peer.ReceiveAsync(frame => frame.StreamId == stream && (frame.Type == FrameType.Data || (frame.Flags & FrameFlags.Rst) != 0));
            if ((header.Flags & FrameFlags.Rst) != 0)
            {
                return false;
            }

            heard.Append(Encoding.Latin1.GetString(body));
        }

        return true;
    }
}

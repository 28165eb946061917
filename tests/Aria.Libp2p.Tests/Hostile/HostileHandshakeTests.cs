using System.Buffers;
using System.Text;
using Aria.Libp2p.Multistream;
using Aria.Libp2p.Transports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Aria.Libp2p.Tests.Hostile;

/// <summary>Strangers that never become peers: refused, counted, logged once each, and nobody else notices.</summary>
public sealed class HostileHandshakeTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html,application/xhtml+xml\r\n\r\n")]
    [InlineData("\u0013/multistream/1.0.1\n")]
    [InlineData("\u0013/multistream/1.0.0\n\u0007/noise\n\u00ff\u00ffoversized")]
    [InlineData("\u0013/multistream/1.0.0\n\u0007/noise\n\u0000\u0004oops")]
    [InlineData("\u0000\u0000\u0000")]
    [InlineData("\u00ff\u00ff\u00ff\u00ff")]
    [InlineData("\u0013/multistream/1.0.0\n\u0003/a\n\u0003/b\n\u0003/c\n\u0003/d\n\u0003/e\n\u0003/f\n\u0003/g\n\u0003/h\n")]
    public async Task Garbage_EndsItsOwnConnectionAlone(string garbage)
    {
        RecordingLogs logs = new();
        await using PeerGroup group = new(overTcp: true) { Loggers = logs };
        LocalPeer target = await group.StartAsync(), friend = group.Create();
        using Counts counts = new(target);
        await friend.ConnectAsync(target.Addresses[0], Stop);
        await using TransportConnection stranger = await RawPeer.DialBytesAsync(target.Addresses[0]);
        await stranger.SendAsync(Encoding.Latin1.GetBytes(garbage), Stop);
        await ReadToTheEndAsync(stranger);
        await counts.WaitForAsync("libp2p.connections.refused/protocol", 1);
        Assert.Equal(1, counts.Of("libp2p.connections.refused/protocol"));
        Assert.Single(logs.Lines, line => line.Text.Contains("was refused", StringComparison.Ordinal));
        Assert.DoesNotContain(logs.Lines, line => line.Level >= LogLevel.Warning);
        Assert.True(await friend.PingAsync(target.Id, Stop) > TimeSpan.Zero);
    }

    [Fact]
    public async Task RandomBytes_NeverGetThrough()
    {
        Random random = Testing.TestSeed.Random();
        await using PeerGroup group = new(overTcp: true);
        LocalPeer target = await group.StartAsync();
        for (int i = 0; i < 50; i++)
        {
            byte[] bytes = new byte[random.Next(1, 3000)];
            random.NextBytes(bytes);
            await using TransportConnection stranger = await RawPeer.DialBytesAsync(target.Addresses[0]);
            await stranger.SendAsync(i % 2 == 0 ? bytes : [.. Opening(), .. bytes], Stop);
        }

        Assert.Empty(target.ConnectedPeers);
        LocalPeer friend = group.Create();
        await friend.ConnectAsync(target.Addresses[0], Stop);
        Assert.True(await friend.PingAsync(target.Id, Stop) > TimeSpan.Zero);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task HalfOpenHandshake_TimesOut(bool saysHello)
    {
        FakeTimeProvider time = new();
        await using PeerGroup group = new(overTcp: true, time: time);
        LocalPeer target = await group.StartAsync();
        using Counts counts = new(target);
        await using TransportConnection stranger = await RawPeer.DialBytesAsync(target.Addresses[0]);
        if (saysHello)
        {
            await stranger.SendAsync(Opening(), Stop);
        }

        // The header says that the handshake, and its deadline, have begun.
        Assert.NotEqual(0, await stranger.ReceiveAsync(new byte[256], Stop));
        time.Advance(group.Options.HandshakeTimeout);
        await ReadToTheEndAsync(stranger);
        await counts.WaitForAsync("libp2p.connections.refused/timeout", 1);
    }

    [Fact]
    public async Task HandshakesBeyondTheLimit_AreRefusedAtOnce_UntilOthersEnd()
    {
        await using PeerGroup group = new(overTcp: true, new() { MaxInboundHandshakes = 4, HandshakeTimeout = TimeSpan.FromMinutes(5) });
        LocalPeer target = await group.StartAsync(), friend = group.Create();
        using Counts counts = new(target);
        List<TransportConnection> idle = [];
        for (int i = 0; i < 4; i++)
        {
            idle.Add(await RawPeer.DialBytesAsync(target.Addresses[0]));
            Assert.NotEqual(0, await idle[i].ReceiveAsync(new byte[256], Stop));
        }

        await using TransportConnection fifth = await RawPeer.DialBytesAsync(target.Addresses[0]);
        await ReadToTheEndAsync(fifth);
        await counts.WaitForAsync("libp2p.connections.refused/handshakes", 1);
        foreach (TransportConnection connection in idle)
        {
            await connection.DisposeAsync();
        }

        await counts.WaitForAsync("libp2p.connections.refused/lost", 4);
        await friend.ConnectAsync(target.Addresses[0], Stop);
        Assert.True(await friend.PingAsync(target.Id, Stop) > TimeSpan.Zero);
    }

    [Fact]
    public async Task HostWithAsManyConnectionsAsItMayHave_IsRefused_UntilOneEnds()
    {
        await using PeerGroup group = new(overTcp: true, new() { MaxInboundConnectionsPerHost = 2, CountPrivateHosts = true });
        LocalPeer target = await group.StartAsync();
        LocalPeer[] friends = [group.Create(), group.Create(), group.Create()];
        using Counts counts = new(target);
        await friends[0].ConnectAsync(target.Addresses[0], Stop);
        await friends[1].ConnectAsync(target.Addresses[0], Stop);
        await Assert.ThrowsAsync<DialFailedException>(() => friends[2].ConnectAsync(target.Addresses[0], Stop));
        await counts.WaitForAsync("libp2p.connections.refused/host", 1);
        Assert.Equal(1, counts.Of("libp2p.connections.refused/host"));
        TaskCompletionSource left = new(TaskCreationOptions.RunContinuationsAsynchronously);
        target.PeerDisconnected += _ => left.TrySetResult();
        await friends[0].DisposeAsync();
        await left.Task.WaitAsync(Stop);
        for (bool connected = false; !connected;)
        {
            try
            {
                await friends[2].ConnectAsync(target.Addresses[0], Stop);
                connected = true;
            }
            catch (DialFailedException)
            {
                await Task.Yield();     // the place is given back a moment after the event
            }
        }

        Assert.True(await friends[2].PingAsync(target.Id, Stop) > TimeSpan.Zero);
    }

    [Fact]
    public async Task ListenerThatSpeaksGarbage_FailsTheDial()
    {
        await using PeerGroup group = new(overTcp: true);
        LocalPeer dialer = group.Create();
        await using ITransportListener listener = await new TcpTransport().ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/tcp/0"), Stop);
        Task answering = Task.Run(async () =>
        {
            await using TransportConnection accepted = (await listener.AcceptAsync(Stop))!;
            // Its first byte, as a length, promises 83: they are there, and are no line.
            await accepted.SendAsync((byte[])[.. "SSH-2.0-OpenSSH\r\n"u8, .. new byte[100]], Stop);
            await ReadToTheEndAsync(accepted);
        }, Stop);
        PeerId anybody = group.Create().Id;
        await Assert.ThrowsAsync<DialFailedException>(() => dialer.ConnectAsync(listener.Addresses[0].WithPeer(anybody), Stop));
        await answering;
    }

    [Fact]
    public async Task ListenerThatNeverAnswers_FailsTheDialInTime()
    {
        FakeTimeProvider time = new();
        await using PeerGroup group = new(overTcp: true, time: time);
        LocalPeer dialer = group.Create();
        await using ITransportListener listener = await new TcpTransport().ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/tcp/0"), Stop);
        Task<PeerId> dialing = dialer.ConnectAsync(listener.Addresses[0].WithPeer(group.Create().Id), Stop);
        await using TransportConnection accepted = (await listener.AcceptAsync(Stop))!;
        Assert.NotEqual(0, await accepted.ReceiveAsync(new byte[256], Stop));
        time.Advance(group.Options.DialTimeout);
        await Assert.ThrowsAsync<DialFailedException>(() => dialing);
    }

    private static byte[] Opening()
    {
        ArrayBufferWriter<byte> opening = new();
        MultistreamMessage.Write(opening, MultistreamMessage.Header);
        MultistreamMessage.Write(opening, "/noise");
        return opening.WrittenSpan.ToArray();
    }

    private static async Task ReadToTheEndAsync(TransportConnection connection)
    {
        try
        {
            byte[] buffer = new byte[4096];
            while (await connection.ReceiveAsync(buffer, Stop) > 0)
            {
            }
        }
        catch (ConnectionLostException)
        {
            // Closed with bytes unread, which TCP tells as a reset.
        }
    }
}

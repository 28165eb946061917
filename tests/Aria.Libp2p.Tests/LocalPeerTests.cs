using System.Buffers;
using System.IO.Pipelines;
using Aria.Libp2p.Transports;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Libp2p.Tests;

public abstract class LocalPeerTests(bool overTcp)
{
    private const string Echo = "/test/echo/1";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    internal static Task EchoAsync(PeerStream stream, CancellationToken cancellationToken) =>
        stream.Input.CopyToAsync(stream.Output, cancellationToken);

    private PeerGroup Group(LocalPeerOptions? options = null) => new(overTcp, options);

    [Fact]
    public async Task PingsAtOnce_KeepOneStreamAtATime()
    {
        await using PeerGroup group = new();
        LocalPeer pinged = await group.StartAsync(), pinging = group.Create();
        int streams = 0, most = 0;
        pinged.Handle("/ipfs/ping/1.0.0", async (stream, cancellationToken) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref streams));
            ReadResult ping = await stream.Input.ReadAtLeastAsync(32, cancellationToken);
            Interlocked.Decrement(ref streams);         // before the answer, after which the next may come
            await stream.Output.WriteAsync(ping.Buffer.ToArray(), cancellationToken);
            stream.Input.AdvanceTo(ping.Buffer.End);
        });
        PeerId peer = await pinging.ConnectAsync(pinged.Addresses[0], Stop);
        TimeSpan[] trips = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => pinging.PingAsync(peer, Stop)));
        Assert.Equal((20, 1), (trips.Length, most));
    }

    [Fact]
    public async Task ConnectAsync_GivesAConnectionBothWays()
    {
        await using PeerGroup group = Group();
        LocalPeer a = await group.StartAsync(), b = await group.StartAsync();
        TaskCompletionSource<PeerId> seen = new();
        b.PeerConnected += seen.SetResult;
        Assert.Equal(b.Id, await a.ConnectAsync(b.Addresses[0], Stop));
        Assert.Equal([b.Id], a.ConnectedPeers);
        Assert.Equal(a.Id, await seen.Task.WaitAsync(Stop));
        Assert.Equal([a.Id], b.ConnectedPeers);
        Assert.Equal(b.Addresses, a.AddressesOf(b.Id));
    }

    [Fact]
    public async Task Stream_CarriesBytesBothWays_AndTheirEnd()
    {
        await using PeerGroup group = Group();
        LocalPeer a = await group.StartAsync(), b = await group.StartAsync();
        b.Handle(Echo, EchoAsync);
        a.AddAddresses(b.Id, b.Addresses);
        await using PeerStream stream = await a.OpenStreamAsync(b.Id, Echo, Stop);
        byte[] sent = new byte[3_000_000];
        new Random(1).NextBytes(sent);
        Task writing = Task.Run(async () =>
        {
            await stream.Output.WriteAsync(sent, Stop);
            await stream.Output.CompleteAsync();
        }, Stop);
        ArrayBufferWriter<byte> received = new();
        await stream.Input.CopyToAsync(PipeWriter.Create(received.AsStream()), Stop);
        await writing;
        Assert.True(received.WrittenSpan.SequenceEqual(sent));
    }

    [Fact]
    public async Task AcceptedConnection_OpensStreamsToo()
    {
        await using PeerGroup group = Group();
        LocalPeer listener = await group.StartAsync(), dialer = group.Create();
        dialer.Handle(Echo, EchoAsync);
        TaskCompletionSource connected = new();
        listener.PeerConnected += _ => connected.SetResult();
        await dialer.ConnectAsync(listener.Addresses[0], Stop);
        await connected.Task.WaitAsync(Stop);
        await using PeerStream stream = await listener.OpenStreamAsync(dialer.Id, Echo, Stop);
        Assert.Equal(dialer.Id, stream.RemotePeer);
        await stream.Output.WriteAsync(new byte[] { 42 }, Stop);
        Assert.Equal(42, (await stream.Input.ReadAsync(Stop)).Buffer.FirstSpan[0]);
    }

    [Fact]
    public async Task UnknownProtocol_IsRefused_AndTheConnectionLives()
    {
        await using PeerGroup group = Group();
        LocalPeer a = await group.StartAsync(), b = await group.StartAsync();
        a.AddAddresses(b.Id, b.Addresses);
        await Assert.ThrowsAsync<ProtocolNotSupportedException>(() => a.OpenStreamAsync(b.Id, "/nobody/speaks/this", Stop));
        Assert.True(await a.PingAsync(b.Id, Stop) > TimeSpan.Zero);
    }

    [Fact]
    public async Task UnknownPeer_CannotBeDialed()
    {
        await using PeerGroup group = Group();
        LocalPeer a = await group.StartAsync(), b = group.Create();
        await Assert.ThrowsAsync<DialFailedException>(() => a.OpenStreamAsync(b.Id, Echo, Stop));
    }

    [Fact]
    public async Task AnotherPeerAtTheAddress_IsRefused()
    {
        await using PeerGroup group = Group();
        LocalPeer a = await group.StartAsync(), b = await group.StartAsync(), c = group.Create();
        Multiaddress wrong = b.Addresses[0].WithPeer(c.Id);
        PeerMismatchException mismatch = await Assert.ThrowsAsync<PeerMismatchException>(() => a.ConnectAsync(wrong, Stop));
        Assert.Equal((c.Id, b.Id), (mismatch.Expected, mismatch.Actual));
        Assert.Empty(a.ConnectedPeers);
    }

    [Fact]
    public async Task OwnId_GivesAStreamToTheOwnHandler()
    {
        await using PeerGroup group = Group();
        LocalPeer a = group.Create();
        a.Handle(Echo, EchoAsync);
        await using PeerStream stream = await a.OpenStreamAsync(a.Id, Echo, Stop);
        await stream.Output.WriteAsync(new byte[] { 1, 2 }, Stop);
        Assert.Equal([1, 2], (await stream.Input.ReadAtLeastAsync(2, Stop)).Buffer.ToArray());
        await Assert.ThrowsAsync<ProtocolNotSupportedException>(() => a.OpenStreamAsync(a.Id, "/nobody/speaks/this", Stop));
        Assert.Empty(a.ConnectedPeers);
    }

    [Fact]
    public async Task ThrowingHandler_ResetsItsStream_AndNothingElse()
    {
        await using PeerGroup group = Group();
        LocalPeer a = await group.StartAsync(), b = await group.StartAsync();
        b.Handle("/test/throws", async (stream, token) =>
        {
            await stream.Input.ReadAsync(token);
            throw new InvalidOperationException("as meant");
        });
        b.Handle(Echo, EchoAsync);
        await a.ConnectAsync(b.Addresses[0], Stop);
        await using PeerStream good = await a.OpenStreamAsync(b.Id, Echo, Stop);
        await using PeerStream bad = await a.OpenStreamAsync(b.Id, "/test/throws", Stop);
        await bad.Output.WriteAsync(new byte[1], Stop);
        await Assert.ThrowsAsync<StreamResetException>(async () => await bad.Input.ReadAsync(Stop));
        await good.Output.WriteAsync(new byte[] { 3 }, Stop);
        Assert.Equal(3, (await good.Input.ReadAsync(Stop)).Buffer.FirstSpan[0]);
    }

    [Fact]
    public async Task Disconnect_FailsOpenStreamsAtBothEnds_AndTellsBoth()
    {
        await using PeerGroup group = Group();
        LocalPeer a = await group.StartAsync(), b = await group.StartAsync();
        TaskCompletionSource<PeerId> atA = new(), atB = new();
        a.PeerDisconnected += atA.SetResult;
        b.PeerDisconnected += atB.SetResult;
        TaskCompletionSource began = new();
        TaskCompletionSource<Exception> handlerSaw = new();
        b.Handle("/test/wait", async (stream, token) =>
        {
            try
            {
                began.SetResult();
                await stream.Input.ReadAsync(token);
            }
            catch (Libp2pException exception)
            {
                handlerSaw.SetResult(exception);
                throw;
            }
        });
        await a.ConnectAsync(b.Addresses[0], Stop);
        await using PeerStream stream = await a.OpenStreamAsync(b.Id, "/test/wait", Stop);
        Task<ReadResult> reading = stream.Input.ReadAsync(Stop).AsTask();
        await began.Task.WaitAsync(Stop);       // a stream that opens without waiting may be there before its handler is
        await a.DisconnectAsync(b.Id);
        await Assert.ThrowsAsync<ConnectionLostException>(() => reading);
        Assert.IsType<ConnectionLostException>(await handlerSaw.Task.WaitAsync(Stop));
        Assert.Equal((b.Id, a.Id), (await atA.Task.WaitAsync(Stop), await atB.Task.WaitAsync(Stop)));
        Assert.Empty(a.ConnectedPeers);
        Assert.Null(a.Identified(b.Id));
    }

    [Fact]
    public async Task ManyCallersAtOnce_ShareOneConnection()
    {
        await using PeerGroup group = Group();
        LocalPeer a = await group.StartAsync(), b = await group.StartAsync();
        b.Handle(Echo, EchoAsync);
        int connections = 0;
        b.PeerConnected += _ => Interlocked.Increment(ref connections);
        a.AddAddresses(b.Id, b.Addresses);
        PeerStream[] streams = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => a.OpenStreamAsync(b.Id, Echo, Stop), Stop)));
        await Task.WhenAll(streams.Select(async (stream, i) =>
        {
            await stream.Output.WriteAsync(new byte[] { (byte)i }, Stop);
            Assert.Equal(i, (await stream.Input.ReadAsync(Stop)).Buffer.FirstSpan[0]);
            await stream.DisposeAsync();
        }));
        Assert.Equal(1, connections);
        Assert.Single(a.ConnectedPeers);
    }

    [Fact]
    public async Task Identify_TellsBothEndsOfEachOther_AndAPushOfAChange()
    {
        await using PeerGroup group = Group(new() { AgentVersion = "tester/7" });
        LocalPeer a = await group.StartAsync(), b = await group.StartAsync();
        TaskCompletionSource<IdentifiedPeer> atA = new(), atB = new(), pushed = new();
        a.PeerIdentified += peer => (peer.Protocols.Contains(Echo) ? pushed : atA).TrySetResult(peer);
        b.PeerIdentified += peer => atB.TrySetResult(peer);
        await a.ConnectAsync(b.Addresses[0], Stop);
        IdentifiedPeer seenByA = await atA.Task.WaitAsync(Stop), seenByB = await atB.Task.WaitAsync(Stop);
        Assert.Equal((b.Id, "tester/7", "ipfs/0.1.0"), (seenByA.Id, seenByA.AgentVersion, seenByA.ProtocolVersion));
        Assert.Equal(["/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0", "/ipfs/ping/1.0.0"], seenByA.Protocols);
        Assert.Equal(b.Addresses, seenByA.ListenAddresses);
        Assert.Equal(a.Addresses, seenByB.ListenAddresses);
        Assert.NotNull(seenByB.ObservedAddress);
        b.Handle(Echo, EchoAsync);
        Assert.Equal(seenByA.ListenAddresses, (await pushed.Task.WaitAsync(Stop)).ListenAddresses);
        Assert.Contains(Echo, a.Identified(b.Id)!.Protocols);
    }

    [Fact]
    public async Task ChangesAtAnyMoment_AreHeardOf_AndTheLastOneStays()
    {
        for (int round = 0; round < 20; round++)
        {
            await using PeerGroup group = Group();
            LocalPeer a = await group.StartAsync(), b = await group.StartAsync();
            TaskCompletionSource complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
            a.PeerIdentified += peer => _ = peer.Protocols.Count(protocol => protocol.StartsWith("/late/", StringComparison.Ordinal)) == 10 && complete.TrySetResult();
            Task connecting = a.ConnectAsync(b.Addresses[0], Stop);
            for (int i = 0; i < 10; i++)
            {
                b.Handle($"/late/{i}", EchoAsync);
                await Task.Yield();
            }

            await connecting;
            await complete.Task.WaitAsync(Stop);
        }
    }

    [Fact]
    public async Task TooManyConnections_AreRefused()
    {
        await using PeerGroup group = Group();
        LocalPeer full = await group.StartAsync(new() { MaxConnections = 1 });
        LocalPeer first = group.Create(), second = group.Create();
        await first.ConnectAsync(full.Addresses[0], Stop);
        await first.PingAsync(full.Id, Stop);
        second.AddAddresses(full.Id, full.Addresses);
        await Assert.ThrowsAnyAsync<Libp2pException>(() => second.PingAsync(full.Id, Stop));
        Assert.True(await first.PingAsync(full.Id, Stop) >= TimeSpan.Zero);
    }

    [Fact]
    public async Task Dispose_EndsWaitingHandlers()
    {
        await using PeerGroup group = Group();
        LocalPeer a = await group.StartAsync(), b = await group.StartAsync();
        TaskCompletionSource entered = new(), left = new();
        b.Handle("/test/wait", async (_, token) =>
        {
            entered.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, token);
            }
            finally
            {
                left.SetResult();
            }
        });
        await a.ConnectAsync(b.Addresses[0], Stop);
        await using PeerStream stream = await a.OpenStreamAsync(b.Id, "/test/wait", Stop);
        await entered.Task.WaitAsync(Stop);
        await b.DisposeAsync();
        Assert.True(left.Task.IsCompleted);
        await Assert.ThrowsAnyAsync<Libp2pException>(async () => await stream.Input.ReadAsync(Stop));
    }

    [Fact]
    public async Task TakenAddress_CannotBeListenedOn()
    {
        await using PeerGroup group = Group();
        LocalPeer a = await group.StartAsync(), b = group.Create();
        await Assert.ThrowsAsync<ListenFailedException>(() => b.ListenAsync(a.Addresses[0].WithoutPeer(), Stop));
        await Assert.ThrowsAsync<ListenFailedException>(() => b.ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/udp/1/quic-v1"), Stop));
    }
}

public sealed class LocalPeerOverMemoryTests() : LocalPeerTests(overTcp: false)
{
    [Fact]
    public async Task PeersOnDifferentNetworks_DoNotMeet()
    {
        using Identity identity = Identity.Generate();
        await using PeerGroup group = new();
        LocalPeer there = await group.StartAsync();
        await using LocalPeer elsewhere = new(identity, [new MemoryTransport(new())], new(), TimeProvider.System, NullLoggerFactory.Instance);
        await Assert.ThrowsAsync<DialFailedException>(() => elsewhere.ConnectAsync(there.Addresses[0], TestContext.Current.CancellationToken));
    }
}

public sealed class LocalPeerOverTcpTests() : LocalPeerTests(overTcp: true);

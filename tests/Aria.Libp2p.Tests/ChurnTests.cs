using System.Diagnostics;
using System.IO.Pipelines;
using Microsoft.Extensions.Time.Testing;

namespace Aria.Libp2p.Tests;

/// <summary>Peers that come, go and transfer at the same time: what is asserted is what must hold in every order.</summary>
public sealed class ChurnTests
{
    private const string Echo = "/test/echo/1";
    private const string Sink = "/test/sink/1";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ConnectionsCutAtAnyMoment_FailStreamsByType_AndLeaveNothingBehind(bool overTcp)
    {
        Random random = Testing.TestSeed.Random();
        await using PeerGroup group = new(overTcp);
        LocalPeer[] peers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => group.StartAsync()));
        int running = 0;
        foreach (LocalPeer peer in peers)
        {
            peer.Handle(Echo, async (stream, token) =>
            {
                Interlocked.Increment(ref running);
                try
                {
                    await stream.Input.CopyToAsync(stream.Output, token);
                }
                finally
                {
                    Interlocked.Decrement(ref running);
                }
            });
            Array.ForEach(peers, other => peer.AddAddresses(other.Id, other.Addresses));
        }

        int whole = 0, cut = 0;
        int[] seeds = [.. Enumerable.Range(0, 12).Select(_ => random.Next())];
        await Task.WhenAll(seeds.Select((seed, worker) => Task.Run(async () =>
        {
            Random own = new(seed);
            for (int i = 0; i < 25; i++)
            {
                LocalPeer from = peers[own.Next(peers.Length)], to = peers[own.Next(peers.Length)];
                if (worker == 0)
                {
                    await from.DisconnectAsync(to.Id);
                    continue;
                }

                try
                {
                    await EchoAsync(from, to, own.Next(1, 300_000));
                    Interlocked.Increment(ref whole);
                }
                catch (Libp2pException)
                {
                    Interlocked.Increment(ref cut);
                }
            }
        }, Stop)));
        TestContext.Current.TestOutputHelper?.WriteLine($"{whole} whole, {cut} cut");
        Assert.True(whole > 0);

        // Still everybody reaches everybody; of a connection that the other end has cut, this one may hear only now.
        Stopwatch since = Stopwatch.StartNew();
        foreach (LocalPeer from in peers)
        {
            foreach (LocalPeer to in peers)
            {
                for (bool reached = false; !reached;)
                {
                    try
                    {
                        await EchoAsync(from, to, 1000);
                        reached = true;
                    }
                    catch (Libp2pException) when (since.Elapsed < TimeSpan.FromMinutes(2))
                    {
                        await Task.Delay(20, Stop);
                    }
                }
            }
        }

        await Task.WhenAll(peers.Select(peer => peer.DisposeAsync().AsTask()));
        Assert.Equal(0, running);
        Assert.All(peers, peer => Assert.Empty(peer.ConnectedPeers));
    }

    [Fact]
    public async Task BothEndsDialAtOnce_AndBothGetThrough()
    {
        for (int round = 0; round < 30; round++)
        {
            await using PeerGroup group = new();
            LocalPeer a = await group.StartAsync(), b = await group.StartAsync();
            a.Handle(Echo, LocalPeerTests.EchoAsync);
            b.Handle(Echo, LocalPeerTests.EchoAsync);
            a.AddAddresses(b.Id, b.Addresses);
            b.AddAddresses(a.Id, a.Addresses);
            await Task.WhenAll(Task.Run(() => EchoAsync(a, b, 5000), Stop), Task.Run(() => EchoAsync(b, a, 5000), Stop));
        }
    }

    [Fact]
    public async Task Pings_ComeThrough_WhileStreamsAreSaturated()
    {
        await using PeerGroup group = new(overTcp: true);
        LocalPeer a = await group.StartAsync(), b = await group.StartAsync();
        b.Handle(Sink, async (stream, token) =>
        {
            while (await stream.Input.ReadAsync(token) is { IsCompleted: false } result)
            {
                stream.Input.AdvanceTo(result.Buffer.End);
            }
        });
        await a.ConnectAsync(b.Addresses[0], Stop);
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Task[] writers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            await using PeerStream stream = await a.OpenStreamAsync(b.Id, Sink, Stop);
            byte[] chunk = new byte[64 * 1024];
            while (!enough.IsCancellationRequested)
            {
                await stream.Output.WriteAsync(chunk, Stop);
            }
        }, Stop))];
        for (int i = 0; i < 20; i++)
        {
            await a.PingAsync(b.Id, Stop);
            await b.PingAsync(a.Id, Stop);
        }

        Assert.All(writers, writer => Assert.False(writer.IsCompleted));
        await enough.CancelAsync();
        await Task.WhenAll(writers);
    }

    [Fact]
    public async Task WhereAllConnectionsAreInUse_TheIdlestMakesRoom()
    {
        FakeTimeProvider time = new();
        await using PeerGroup group = new(time: time, options: new() { KeepAliveInterval = Timeout.InfiniteTimeSpan });
        LocalPeer full = await group.StartAsync(group.Options with { MaxConnections = 2 });
        LocalPeer busy = group.Create(), idle = group.Create(), late = group.Create();
        full.Handle(Echo, LocalPeerTests.EchoAsync);
        TaskCompletionSource<PeerId> left = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource identified = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int toIdentify = 4;
        foreach (LocalPeer peer in new[] { full, busy, idle })
        {
            peer.PeerIdentified += told => _ = Interlocked.Decrement(ref toIdentify) == 0 && identified.TrySetResult();
        }

        full.PeerDisconnected += left.SetResult;
        await busy.ConnectAsync(full.Addresses[0], Stop);
        await idle.ConnectAsync(full.Addresses[0], Stop);
        await identified.Task.WaitAsync(Stop);
        await using PeerStream held = await busy.OpenStreamAsync(full.Id, Echo, Stop);
        await held.Output.WriteAsync(new byte[1], Stop);
        held.Input.AdvanceTo((await held.Input.ReadAsync(Stop)).Buffer.End);
        late.AddAddresses(full.Id, full.Addresses);
        await Assert.ThrowsAnyAsync<Libp2pException>(() => late.PingAsync(full.Id, Stop));

        // The streams of identify end a moment after what they told.
        while (!left.Task.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(60));
            try
            {
                await late.PingAsync(full.Id, Stop);
                await left.Task.WaitAsync(Stop);
            }
            catch (Libp2pException)
            {
                await Task.Delay(5, Stop);
            }
        }

        Assert.Equal(idle.Id, await left.Task);
        Assert.True(await late.PingAsync(full.Id, Stop) >= TimeSpan.Zero);
        await held.Output.WriteAsync(new byte[1], Stop);
        Assert.Equal(1, (await held.Input.ReadAsync(Stop)).Buffer.Length);
    }

    private static async Task EchoAsync(LocalPeer from, LocalPeer to, int bytes)
    {
        await using PeerStream stream = await from.OpenStreamAsync(to.Id, Echo, Stop);
        Task writing = Task.Run(async () =>
        {
            byte[] chunk = new byte[10_000];
            for (int left = bytes; left > 0; left -= chunk.Length)
            {
                await stream.Output.WriteAsync(chunk.AsMemory(0, Math.Min(left, chunk.Length)), Stop);
            }

            await stream.Output.CompleteAsync();
        }, Stop);
        long heard = 0;
        try
        {
            while (true)
            {
                ReadResult result = await stream.Input.ReadAsync(Stop);
                heard += result.Buffer.Length;
                stream.Input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    break;
                }
            }
        }
        catch
        {
            await writing.ContinueWith(_ => { }, TaskScheduler.Default);
            throw;
        }

        await writing;
        Assert.Equal(bytes, heard);
    }
}

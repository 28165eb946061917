using Aria.Libp2p.Tests.Hostile;
using Microsoft.Extensions.Time.Testing;

namespace Aria.Libp2p.Tests;

/// <summary>The bounds that hold over all connections of a peer.</summary>
public sealed class LimitTests
{
    private const string Wait = "/test/wait/1";
    private const string Drain = "/test/drain/1";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task UnreadBytesOfAllConnections_AreBounded_AndComeBackWhenStreamsEnd()
    {
        await using PeerGroup group = new(overTcp: true);
        LocalPeer target = await group.StartAsync(new() { MaxUnreadBytes = 600_000, MaxWindowGrowthBytes = 0 });
        using SemaphoreSlim ended = new(0);
        target.Handle(Wait, async (stream, token) =>
        {
            try
            {
                await WaitAsync(stream, token);
            }
            finally
            {
                ended.Release();
            }
        });
        target.Handle(Drain, DrainAsync);
        using Counts counts = new(target);
        LocalPeer[] pests = [group.Create(), group.Create(), group.Create()];
        List<PeerStream> streams = [];
        foreach (LocalPeer pest in pests)
        {
            await pest.ConnectAsync(target.Addresses[0], Stop);
            PeerStream stream = await pest.OpenStreamAsync(target.Id, Wait, Stop);
            streams.Add(stream);
            try
            {
                await stream.Output.WriteAsync(new byte[250_000], Stop);
            }
            catch (StreamResetException)
            {
                // As meant, where it is refused before all of it is on its way.
            }
        }

        // The third one's bytes find no room.
        await counts.WaitForAsync("libp2p.streams.refused/memory", 1);
        streams.ForEach(stream => stream.Reset());
        for (int i = 0; i < streams.Count; i++)
        {
            await ended.WaitAsync(Stop);
        }

        // Room again: far more than the bound goes through, since it is read.
        await using PeerStream drained = await pests[0].OpenStreamAsync(target.Id, Drain, Stop);
        for (int i = 0; i < 50; i++)
        {
            await drained.Output.WriteAsync(new byte[100_000], Stop);
        }

        await drained.Output.CompleteAsync();
        Assert.True((await drained.Input.ReadAsync(Stop)).IsCompleted);
        Assert.True(counts.Of("libp2p.streams.refused/memory") is 1);
    }

    [Fact]
    public async Task StreamsOfOnePeer_AreBounded()
    {
        await using PeerGroup group = new(overTcp: true);
        LocalPeer target = await group.StartAsync(new() { MaxInboundStreamsPerPeer = 10 });
        target.Handle(Wait, WaitAsync);
        using Counts counts = new(target);
        LocalPeer pest = group.Create();
        await pest.ConnectAsync(target.Addresses[0], Stop);
        for (int i = 0; i < 30; i++)
        {
            try
            {
                await pest.OpenStreamAsync(target.Id, Wait, Stop);
            }
            catch (StreamResetException)
            {
                // As meant, where the answer to the proposal was waited for.
            }
        }

        await counts.WaitForAsync("libp2p.streams.refused/peer", 20);
    }

    [Fact]
    public async Task WithMoreThanEnoughConnections_IdleOnesEnd_AndProtectedOnesStay()
    {
        FakeTimeProvider time = new();
        LocalPeerOptions options = new() { KeepAliveInterval = Timeout.InfiniteTimeSpan };
        await using PeerGroup group = new(time: time, options: options);
        LocalPeer target = await group.StartAsync(options with { HighWaterConnections = 4, LowWaterConnections = 2 });
        LocalPeer[] peers = [.. Enumerable.Range(0, 5).Select(_ => group.Create())];
        foreach (LocalPeer peer in peers)
        {
            await peer.ConnectAsync(target.Addresses[0], Stop);
            await peer.PingAsync(target.Id, Stop);
        }

        target.Protect(peers[0].Id, "test");
        target.Protect(peers[1].Id, "test");
        Assert.False(target.Unprotect(peers[1].Id, "another reason"));
        SemaphoreSlim left = new(0);
        target.PeerDisconnected += _ => left.Release();
        for (int i = 0; i < 3; i++)
        {
            while (!await left.WaitAsync(5, Stop))
            {
                time.Advance(TimeSpan.FromSeconds(1));      // the streams of identify end a moment after what they told
            }
        }

        Assert.Equal(peers.Take(2).Select(peer => peer.Id).Order(), target.ConnectedPeers.Order());
        Assert.True(target.Unprotect(peers[1].Id, "test"));
    }

    private static async Task WaitAsync(PeerStream stream, CancellationToken token)
    {
        while (await stream.Input.ReadAsync(token) is { IsCompleted: false } result)
        {
            stream.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    private static async Task DrainAsync(PeerStream stream, CancellationToken token)
    {
        while (await stream.Input.ReadAsync(token) is { IsCompleted: false } result)
        {
            stream.Input.AdvanceTo(result.Buffer.End);
        }
    }
}

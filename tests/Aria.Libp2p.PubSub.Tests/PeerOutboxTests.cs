using System.Threading.Channels;
using Aria.Libp2p.Encodings;
using Aria.Libp2p.PubSub.Messages;
using Microsoft.Extensions.Time.Testing;

namespace Aria.Libp2p.PubSub.Tests;

public sealed class PeerOutboxTests
{
    [Fact]
    public async Task WhatWaitsForASlowReader_IsBounded_AndWhatChangesMeshesHasRoomOfItsOwn()
    {
        const int MaxQueuedBytes = 100_000;
        await using GossipGroup group = new();
        (LocalPeer peer, _) = await group.StartPeerAsync();
        using PeerOutbox box = new(peer, Peers.Id(1), "/meshsub/1.2.0", MaxQueuedBytes, TimeProvider.System);
        Rpc message = new() { Messages = [GossipMessage.Create(Peers.Identity(1), 1, "t", new byte[1000])] };
        int queued = 0;
        while (box.TryAdd(message))
        {
            queued++;
        }

        Assert.InRange(queued, 80, 100);
        Assert.False(box.TryAdd(message));
        int changes = 0;
        while (box.TryAdd(new() { Graft = ["t"] }))
        {
            changes++;
        }

        Assert.InRange(changes, 100, MaxQueuedBytes / 64);
    }

    [Fact]
    public async Task WhatWaitsWhileTheStreamIsOpenedAgain_IsSentAfterTheGreeting()
    {
        await using GossipGroup group = new();
        (LocalPeer peer, _) = await group.StartPeerAsync();
        (LocalPeer other, _) = await group.StartPeerAsync();
        Channel<Rpc> heard = Channel.CreateUnbounded<Rpc>();
        int streams = 0;
        other.Handle("/meshsub/1.2.0", async (stream, cancellationToken) =>
        {
            if (Interlocked.Increment(ref streams) == 1)
            {
                stream.Reset();
                return;
            }

            while (await LengthPrefixed.ReadAsync(stream.Input, RpcBounds.FrameBytes, cancellationToken) is { } frame)
            {
                await heard.Writer.WriteAsync(RpcCodec.Decode(frame), cancellationToken);
            }
        });
        await peer.ConnectAsync(other.Addresses[0], TestContext.Current.CancellationToken);
        WatchedTime time = new();
        PeerOutbox box = new(peer, other.Id, "/meshsub/1.2.0", 100_000, time);
        Task running = box.RunAsync(() => box.TryAdd(new() { Subscriptions = [new("t", IsSubscribed: true)] }));
        await time.IsWaitedFor.Task;        // the first stream broke
        box.TryAdd(new() { Graft = ["t"] });
        box.TryAdd(new() { Messages = [GossipMessage.Create(Peers.Identity(1), 1, "t", "x"u8)] });
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([new("t", IsSubscribed: true)], (await heard.Reader.ReadAsync(TestContext.Current.CancellationToken)).Subscriptions);
        Rpc next = await heard.Reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal("x"u8, Assert.Single(next.Messages).Data.Span);
        box.End();
        await running;
        box.Dispose();
    }

    private sealed class WatchedTime : FakeTimeProvider
    {
        public TaskCompletionSource IsWaitedFor { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, dueTime, period);
            IsWaitedFor.TrySetResult();
            return timer;
        }
    }
}

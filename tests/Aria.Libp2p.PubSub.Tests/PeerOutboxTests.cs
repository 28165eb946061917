using Aria.Libp2p.PubSub.Messages;

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
}

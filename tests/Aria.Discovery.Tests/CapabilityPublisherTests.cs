using System.Text;

namespace Aria.Discovery.Tests;

public sealed class CapabilityPublisherTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<CapabilityRecord> RecordOfAsync(DiscoveryNode node, DiscoveryNode seenBy)
    {
        byte[] key = CapabilityRecord.KeyOf(node.Peer.Id);
        byte[]? value = await seenBy.Dht.GetAsync(key, Stop);
        Assert.Equal(CapabilityStatus.Done, CapabilityRecord.TryOpen(key, value, DateTimeOffset.UtcNow, out CapabilityRecord? record));
        return record!;
    }

    [Fact]
    public async Task EachPublication_HasAGreaterSequence_AndThreeMinutes()
    {
        await using DiscoveryGroup group = new();
        DiscoveryNode other = await group.StartAsync();
        DiscoveryNode node = await group.StartAsync(other);
        node.Publisher.Consent = Digest.Of("consent"u8);
        DateTimeOffset before = DateTimeOffset.UtcNow;
        Assert.Equal(2, await node.Publisher.UpdateAsync([DiscoveryGroup.Served(0, 8)], Stop));
        CapabilityRecord first = await RecordOfAsync(node, other);
        Assert.InRange(
            DateTimeOffset.FromUnixTimeMilliseconds(first.ExpiresUnixMs),
            DateTimeOffset.FromUnixTimeMilliseconds((before + CapabilityBounds.Lifetime).ToUnixTimeMilliseconds()),
            DateTimeOffset.UtcNow + CapabilityBounds.Lifetime);
        Assert.Equal([DiscoveryGroup.Served(0, 8)], first.Served);
        Assert.Equal(Digest.Of("consent"u8), first.Consent);
        long last = first.Sequence;
        int[] holders = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => node.Publisher.PublishAsync(Stop)));
        Assert.All(holders, count => Assert.Equal(2, count));
        CapabilityRecord later = await RecordOfAsync(node, other);
        Assert.True(later.Sequence >= last + 5);
    }

    [Fact]
    public async Task WhatIsNoLongerServed_IsNoLongerProvided()
    {
        await using DiscoveryGroup group = new();
        DiscoveryNode node = await group.StartAsync();
        byte[] thing = CapabilityRecord.ProviderKeyOf(DiscoveryGroup.Model);
        await node.Publisher.UpdateAsync([DiscoveryGroup.Served(0, 8), DiscoveryGroup.Served(0, 4)], Stop);
        Assert.Single(await node.Dht.FindProvidersAsync(thing, 10, Stop));
        await node.Publisher.UpdateAsync([], Stop);
        Assert.Empty(await node.Dht.FindProvidersAsync(thing, 10, Stop));
    }

    [Fact]
    public async Task Running_PublishesAtOnce_AndAgainForANewAddress()
    {
        await using DiscoveryGroup group = new();
        DiscoveryNode other = await group.StartAsync();
        DiscoveryNode node = await group.StartAsync(other);
        byte[] key = CapabilityRecord.KeyOf(node.Peer.Id);
        group.Run(node.Publisher.RunAsync);
        byte[]? value = null;
        while ((value = await other.Dht.GetAsync(key, Stop)) is null)
        {
            await Task.Delay(5, Stop);
        }

        Libp2p.Multiaddress added = await node.Peer.ListenAsync(Libp2p.Multiaddress.Parse("/memory/0"), Stop);
        while (!(await RecordOfAsync(node, other)).Addresses.Contains(added.WithoutPeer()))
        {
            await Task.Delay(5, Stop);
        }
    }

    [Fact]
    public async Task AnothersRecord_IsTakenByNobody()
    {
        await using DiscoveryGroup group = new();
        DiscoveryNode other = await group.StartAsync();
        DiscoveryNode node = await group.StartAsync(other);
        await node.Publisher.PublishAsync(Stop);
        byte[] key = CapabilityRecord.KeyOf(node.Peer.Id);
        byte[] own = (await other.Dht.GetAsync(key, Stop))!;
        CapabilityRecord forged = (await RecordOfAsync(node, other)) with { Sequence = long.MaxValue, Node = other.Id };
        await Assert.ThrowsAsync<Libp2p.KadDht.RecordRefusedException>(() => other.Dht.PutAsync(key, forged.Seal(other.Identity), Stop));
        await Assert.ThrowsAsync<Libp2p.KadDht.RecordRefusedException>(() => other.Dht.PutAsync(Encoding.ASCII.GetBytes("/aria/else/x"), own, Stop));
        Assert.Equal(own, await node.Dht.GetAsync(key, Stop));
    }
}

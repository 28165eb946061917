using System.Buffers;
using System.Diagnostics.Metrics;
using Aria.Libp2p.KadDht.Messages;
using Aria.Libp2p.KadDht.Telemetry;
using Aria.Libp2p.KadDht.Tests.Telemetry;

namespace Aria.Libp2p.KadDht.Tests;

/// <summary>Peers that break the protocol: refused, counted each time, logged once; others notice nothing.</summary>
public sealed class HostilePeerTests
{
    private static readonly byte[] Key = Samples.Bytes("/ariatest/key");
    private static readonly byte[] FiveMebibytes = [0x80, 0x80, 0xc0, 0x02];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<(KadNode Node, RecordedLog Log)> StartAsync(KadGroup group, KadOptions options)
    {
        RecordedLog log = new();
        LocalPeer peer = await group.StartPeerAsync();
        return (new(peer, new KadDht(peer, options, TimeProvider.System, log)), log);
    }

    private static long Count(Dictionary<string, long> counted, string what)
    {
        lock (counted)
        {
            return counted.GetValueOrDefault(what);
        }
    }

    private static MeterListener Listen(PeerId peer, Dictionary<string, long> counted)
    {
        MeterListener listener = new()
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Name == KadMetrics.MeterName && instrument.Meter.Tags!.Any(tag => (string?)tag.Value == peer.ToString()))
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            lock (counted)
            {
                string what = $"{instrument.Name} {tags[0].Value}";
                counted[what] = counted.GetValueOrDefault(what) + value;
            }
        });
        listener.Start();
        return listener;
    }

    [Fact]
    public async Task RequestsThatAreNone_AreRefused_CountedEach_AndLoggedOnce()
    {
        await using KadGroup group = new();
        (KadNode node, RecordedLog log) = await StartAsync(group, group.Options);
        await using KadDht owned = node.Dht;
        Dictionary<string, long> counted = [];
        using MeterListener listener = Listen(node.Id, counted);
        LocalPeer hostile = await group.StartPeerAsync();
        await hostile.ConnectAsync(node.Peer.Addresses[0], Stop);
        foreach (byte[] bytes in (byte[][])[FiveMebibytes, [0x02, 0x08, 0x06], [0x80, 0x00], [.. FiveMebibytes, 1, 2, 3]])
        {
            await using PeerStream stream = await hostile.OpenStreamAsync(node.Id, KadGroup.Protocol, Stop);
            stream.Output.Write(bytes);
            await stream.Output.FlushAsync(Stop);
            await Assert.ThrowsAsync<StreamResetException>(async () => await stream.Input.ReadAsync(Stop));
        }

        Assert.Equal(4, Count(counted, "kad.offences MalformedRequest"));
        Assert.Contains(hostile.Id.ToString(), Assert.Single(log.Lines), StringComparison.Ordinal);
        KadNode honest = await group.JoinAsync(node);
        Assert.Equal(2, await honest.Dht.PutAsync(Key, "1 a"u8.ToArray(), Stop));
    }

    [Fact]
    public async Task AnswersThatAreNone_AreRefused_CountedEach_AndLoggedOnce()
    {
        await using KadGroup group = new();
        (KadNode node, RecordedLog log) = await StartAsync(group, group.Options with { FailureBackoff = TimeSpan.Zero });
        await using KadDht owned = node.Dht;
        Dictionary<string, long> counted = [];
        using MeterListener listener = Listen(node.Id, counted);
        LocalPeer hostile = await group.StartPeerAsync();
        Queue<byte[]> answers = new([FiveMebibytes, [0x02, 0x08, 0x05], [0x02, 0x08, 0x06]]);
        hostile.Handle(KadGroup.Protocol, async (stream, cancellationToken) =>
        {
            await KadFrame.ReadAsync(stream.Input, 100_000, cancellationToken);
            stream.Output.Write(answers.Dequeue());
            await stream.Output.CompleteAsync();
        });

        // Identified before it is asked: later, it would enter the table after the first question and be asked once more.
        await node.Peer.ConnectAsync(hostile.Addresses[0], Stop);
        await KadGroup.UntilAsync(() => node.Dht.RoutingTableCount == 1);
        for (int i = 1; i <= 3; i++)
        {
            await node.Dht.BootstrapAsync(hostile.Addresses, Stop);
            Assert.Equal(i, Count(counted, "kad.offences WrongAnswer"));
            Assert.Empty(await node.Dht.FindClosestAsync(Key, Stop));
        }

        Assert.Contains("WrongAnswer", Assert.Single(log.Lines), StringComparison.Ordinal);
        Assert.Equal(3, Count(counted, "kad.requests Wrong"));
    }

    [Fact]
    public async Task PeersThatAreInvented_CostABoundedNumberOfRequests()
    {
        await using KadGroup group = new();
        (KadNode node, RecordedLog log) = await StartAsync(group, group.Options);
        await using KadDht owned = node.Dht;
        Dictionary<string, long> counted = [];
        using MeterListener listener = Listen(node.Id, counted);
        Random random = new(1);
        LocalPeer[] liars = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => group.StartPeerAsync()));
        foreach (LocalPeer liar in liars)
        {
            liar.Handle(KadGroup.Protocol, async (stream, cancellationToken) =>
            {
                while (await KadFrame.ReadAsync(stream.Input, 100_000, cancellationToken) is { } request)
                {
                    KadPeer[] invented;
                    lock (random)
                    {
                        invented = [.. Enumerable.Range(0, 200).Select(_ => new KadPeer(Samples.Peer(random), [Multiaddress.Parse($"/memory/{random.Next(1 << 20, 1 << 30)}")]))];
                    }

                    await KadFrame.WriteAsync(stream.Output, new(request.Type, request.Key) { CloserPeers = [.. invented] }, cancellationToken);
                }
            });
            await node.Peer.ConnectAsync(liar.Addresses[0], Stop);
        }

        await KadGroup.UntilAsync(() => node.Dht.RoutingTableCount == 4);
        Assert.Equal(4, (await node.Dht.FindClosestAsync(Key, Stop)).Count);
        long requests = Count(counted, "kad.requests Answered") + Count(counted, "kad.requests Unreachable");
        Assert.InRange(requests, 4, 4 + (4 * 20));      // each liar's first twenty names at most
        Assert.Equal(4, node.Dht.RoutingTableCount);
        Assert.Empty(log.Lines);
    }

    [Fact]
    public async Task PeersOfOneAddress_AreACrowd_WhateverTheyClaim()
    {
        KadOptions options = new() { Protocol = KadGroup.Protocol, Validators = Samples.Validators, GroupPrivateAddresses = true };
        await using KadGroup group = new(options, overTcp: true);
        KadNode node = await group.StartAsync();
        int identified = 0;
        node.Peer.PeerIdentified += _ => Interlocked.Increment(ref identified);
        for (int i = 0; i < 6; i++)
        {
            // Each listens, and says so, in a group of its own; what dials is one host.
            KadNode sybil = await group.StartAsync(address: $"/ip4/127.{10 + i}.0.1/tcp/0");
            await sybil.Peer.ConnectAsync(node.Peer.Addresses[0], Stop);
        }

        await KadGroup.UntilAsync(() => Volatile.Read(ref identified) >= 6);
        await node.Dht.IdleAsync();
        Assert.InRange(node.Dht.RoutingTableCount, 1, options.MaxPerGroupInTable);
    }
}

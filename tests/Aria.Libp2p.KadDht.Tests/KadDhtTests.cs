using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Aria.Libp2p.KadDht.Messages;
using Aria.Libp2p.KadDht.Records;
using Aria.Libp2p.KadDht.Regions;
using Aria.Libp2p.KadDht.Routing;
using Aria.Testing;

namespace Aria.Libp2p.KadDht.Tests;

public sealed class KadDhtTests
{
    private static readonly byte[] Key = Samples.Bytes("/ariatest/key");
    private static readonly byte[] Thing = Samples.Multihash("thing");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static Task<int> PutAsync(KadNode node, string value) => node.Dht.PutAsync(Key, Samples.Bytes(value), Stop);

    private static async Task<string?> GetAsync(KadNode node) => await node.Dht.GetAsync(Key, Stop) is { } value ? Encoding.ASCII.GetString(value) : null;

    private static string? Held(KadNode node) =>
        node.Dht.Records.Find(Key, DateTimeOffset.UtcNow) is { } record ? Encoding.ASCII.GetString(record.Value) : null;

    [Fact]
    public async Task Alone_EverythingWorks()
    {
        await using KadGroup group = new();
        KadNode node = await group.StartAsync();
        Assert.Null(await GetAsync(node));
        Assert.Equal(1, await PutAsync(node, "1 a"));
        Assert.Equal("1 a", await GetAsync(node));
        await node.Dht.ProvideAsync(Thing, Stop);
        PeerInfo provider = Assert.Single(await node.Dht.FindProvidersAsync(Thing, 10, Stop));
        Assert.Equal(node.Id, provider.Id);
        Assert.Equal(node.Peer.Addresses.Select(address => address.WithoutPeer()), provider.Addresses);
        Assert.Empty(await node.Dht.FindClosestAsync(Key, Stop));
        Assert.Null(await node.Dht.FindPeerAsync(Samples.Peer(1), Stop));
        await node.Dht.BootstrapAsync([], Stop);
        Assert.Equal(0, node.Dht.RoutingTableCount);
    }

    [Fact]
    public async Task AmongFive_EveryoneHoldsAndFindsWhatOneGives()
    {
        await using KadGroup group = new();
        KadNode[] nodes = await group.StartManyAsync(5);
        Assert.Equal(5, await PutAsync(nodes[3], "1 a"));
        await nodes[2].Dht.ProvideAsync(Thing, Stop);
        foreach (KadNode node in nodes)
        {
            Assert.Equal("1 a", Held(node));
            Assert.Equal("1 a", await GetAsync(node));
            Assert.Equal([nodes[2].Id], (await node.Dht.FindProvidersAsync(Thing, 10, Stop)).Select(provider => provider.Id));
            Assert.Equal(4, (await node.Dht.FindClosestAsync(Key, Stop)).Count);
        }
    }

    [Fact]
    public async Task AmongForty_TheTwentyClosestHoldIt_AndEveryoneFindsIt()
    {
        await using KadGroup group = new();
        KadNode[] nodes = await group.StartManyAsync(40);
        KadKey place = KadKey.Of(Key);
        KadNode[] byDistance = [.. nodes.Order(Comparer<KadNode>.Create((left, right) => place.CompareDistance(KadKey.Of(left.Id), KadKey.Of(right.Id))))];
        KadNode far = byDistance[^1];
        Assert.Equal(21, await PutAsync(far, "1 a"));
        Assert.All(byDistance[..20], node => Assert.Equal("1 a", Held(node)));
        Assert.All(byDistance[20..^1], node => Assert.Null(Held(node)));
        Assert.Equal(byDistance[..20].Select(node => node.Id), (await far.Dht.FindClosestAsync(Key, Stop)).Select(peer => peer.Id));
        await far.Dht.ProvideAsync(Thing, Stop);
        foreach (KadNode node in nodes)
        {
            Assert.Equal("1 a", await GetAsync(node));
            Assert.Equal([far.Id], (await node.Dht.FindProvidersAsync(Thing, 10, Stop)).Select(provider => provider.Id));
        }
    }

    [Fact]
    public async Task Get_FindsTheBest_AndCorrectsWhoHeldLess()
    {
        await using KadGroup group = new();
        KadNode[] nodes = await group.StartManyAsync(6);
        nodes[1].Dht.Records.Offer(Key, "1 old"u8, DateTimeOffset.UtcNow);
        nodes[2].Dht.Records.Offer(Key, "3 best"u8, DateTimeOffset.UtcNow);
        nodes[3].Dht.Records.Offer(Key, "2 older"u8, DateTimeOffset.UtcNow);
        Assert.Equal("3 best", await GetAsync(nodes[3]));
        await nodes[3].Dht.IdleAsync();
        Assert.All(nodes, node => Assert.Equal("3 best", Held(node)));
    }

    [Fact]
    public async Task APutThatThisPeerWouldNotTake_Throws()
    {
        await using KadGroup group = new();
        KadNode node = await group.StartAsync();
        await Assert.ThrowsAsync<RecordRefusedException>(() => PutAsync(node, "no number"));
        await Assert.ThrowsAsync<RecordRefusedException>(() => node.Dht.PutAsync(Samples.Bytes("/elsewhere/key"), "1 a"u8.ToArray(), Stop));
        await PutAsync(node, "2 a");
        await Assert.ThrowsAsync<RecordRefusedException>(() => PutAsync(node, "1 b"));
        Assert.Equal(1, await PutAsync(node, "2 a"));
    }

    [Fact]
    public async Task APutThatAnotherPeerRefuses_ResetsTheStream_AndThePeerStays()
    {
        await using KadGroup group = new();
        KadNode[] nodes = await group.StartManyAsync(2);
        await using PeerStream stream = await nodes[0].Peer.OpenStreamAsync(nodes[1].Id, KadGroup.Protocol, Stop);
        await KadFrame.WriteAsync(stream.Output, new(KadMessageType.PutValue, Key) { Record = new(Key, "no number"u8.ToArray()) }, Stop);
        await Assert.ThrowsAsync<StreamResetException>(async () => await KadFrame.ReadAsync(stream.Input, 1000, Stop));
        Assert.Null(Held(nodes[1]));
        nodes[1].Dht.Records.Offer(Key, "9 theirs"u8, DateTimeOffset.UtcNow);
        Assert.Equal(1, await PutAsync(nodes[0], "1 mine"));
        Assert.True(nodes[0].Dht.Table.Contains(nodes[1].Id));
        Assert.Equal("9 theirs", await GetAsync(nodes[0]));
    }

    [Fact]
    public async Task SeveralRequests_ShareAStream()
    {
        await using KadGroup group = new();
        KadNode[] nodes = await group.StartManyAsync(2);
        await using PeerStream stream = await nodes[0].Peer.OpenStreamAsync(nodes[1].Id, KadGroup.Protocol, Stop);
        foreach (string value in (string[])["1 a", "2 b", "3 c"])
        {
            await KadFrame.WriteAsync(stream.Output, new(KadMessageType.PutValue, Key) { Record = new(Key, Samples.Bytes(value)) }, Stop);
        }

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(KadMessageType.PutValue, (await KadFrame.ReadAsync(stream.Input, 1000, Stop))?.Type);
        }

        Assert.Equal("3 c", Held(nodes[1]));
    }

    [Fact]
    public async Task AnAnswerLongerThanTheReceiveWindow_Arrives()
    {
        await using KadGroup group = new();
        LocalPeer talker = await group.StartPeerAsync(), asker = await group.StartPeerAsync();
        Multiaddress far = Multiaddress.Parse($"/dns4/{new string('a', 60)}.{new string('b', 60)}/tcp/4001");
        KadMessage answer = new(KadMessageType.FindNode, default)
        {
            CloserPeers = [.. Enumerable.Range(0, KadMessageCodec.MaxPeers).Select(_ => new KadPeer(talker.Id, [.. Enumerable.Repeat(far, KadMessageCodec.MaxAddresses)]))],
        };
        Assert.InRange(KadMessageCodec.Encode(answer).Length, 512 * 1024, KadFrame.MaxResponseBytes);
        talker.Handle(KadGroup.Protocol, async (stream, cancellationToken) => await KadFrame.WriteAsync(stream.Output, answer, cancellationToken));
        asker.AddAddresses(talker.Id, talker.Addresses);
        await using PeerStream stream = await asker.OpenStreamAsync(talker.Id, KadGroup.Protocol, Stop);
        KadMessage? read = await KadFrame.ReadAsync(stream.Input, KadFrame.MaxResponseBytes, Stop);
        Assert.Equal(answer.CloserPeers.Length, read?.CloserPeers.Length);
        Assert.Equal(answer.CloserPeers[^1].Addresses, read?.CloserPeers[^1].Addresses);
    }

    [Fact]
    public async Task WhatAPeerServesWrongly_IsNotBelieved()
    {
        await using KadGroup group = new();
        KadNode node = await group.StartAsync();
        LocalPeer liar = await group.StartPeerAsync();
        liar.Handle(KadGroup.Protocol, async (stream, cancellationToken) =>
        {
            while (await KadFrame.ReadAsync(stream.Input, 100_000, cancellationToken) is { } request)
            {
                await KadFrame.WriteAsync(
                    stream.Output,
                    new(request.Type, request.Key) { Record = new(request.Key, "certainly no number"u8.ToArray()), CloserPeers = [new(node.Id, []), new(Samples.Peer(7), [])] },
                    cancellationToken);
            }
        });
        await node.Dht.BootstrapAsync(liar.Addresses, Stop);
        Assert.Null(await GetAsync(node));
        Assert.Equal([liar.Id], (await node.Dht.FindClosestAsync(Key, Stop)).Select(peer => peer.Id));
    }

    [Fact]
    public async Task ADeadPeer_IsPassedOver_AndLeavesTheTable()
    {
        await using KadGroup group = new();
        KadNode[] nodes = await group.StartManyAsync(6);
        ConcurrentQueue<PeerId> left = [];
        nodes[0].Peer.PeerDisconnected += left.Enqueue;
        await nodes[4].Peer.DisposeAsync();
        await nodes[5].Peer.DisposeAsync();
        await KadGroup.UntilAsync(() => left.Contains(nodes[4].Id) && left.Contains(nodes[5].Id));      // and nothing earlier is told of them any more
        Assert.Equal(4, await PutAsync(nodes[0], "1 a"));
        Assert.False(nodes[0].Dht.Table.Contains(nodes[4].Id));
        Assert.False(nodes[0].Dht.Table.Contains(nodes[5].Id));
        Assert.Equal(3, (await nodes[0].Dht.FindClosestAsync(Key, Stop)).Count);
        Assert.Equal("1 a", await GetAsync(nodes[3]));
    }

    [Fact]
    public async Task APeerThatNeverAnswers_DelaysNobodyForLong()
    {
        await using KadGroup group = new();
        LocalPeer silent = await group.StartPeerAsync();
        silent.Handle(KadGroup.Protocol, (_, cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken));
        KadNode node = await group.StartAsync(group.Options with { OverdueAfter = TimeSpan.FromMilliseconds(200) });
        await group.JoinAsync(node);
        await group.JoinAsync(node);
        await node.Peer.ConnectAsync(silent.Addresses[0], Stop);
        await KadGroup.UntilAsync(() => node.Dht.RoutingTableCount == 3);
        Assert.InRange(await PutAsync(node, "1 a"), 1, 3);      // what the others took within the 200 ms
        Assert.Equal("1 a", await GetAsync(node));
        IReadOnlyList<PeerInfo> closest = await node.Dht.FindClosestAsync(Key, Stop);
        Assert.NotEmpty(closest);
        Assert.DoesNotContain(closest, peer => peer.Id == silent.Id);
    }

    [Fact]
    public async Task AClient_AsksAndPuts_AndIsInNobodysTable()
    {
        await using KadGroup group = new();
        KadNode[] nodes = await group.StartManyAsync(3);
        KadNode client = await group.JoinAsync(nodes[0], group.Options with { IsServer = false });
        Assert.Equal(4, await PutAsync(client, "1 a"));
        await client.Dht.ProvideAsync(Thing, Stop);
        Assert.Equal("1 a", await GetAsync(nodes[1]));
        Assert.Equal([client.Id], (await nodes[2].Dht.FindProvidersAsync(Thing, 10, Stop)).Select(provider => provider.Id));
        await KadGroup.UntilAsync(() => Array.TrueForAll(nodes, node => node.Peer.Identified(client.Id) is not null && node.Peer.AddressesOf(client.Id).Count > 0));
        Assert.All(nodes, node => Assert.False(node.Dht.Table.Contains(client.Id)));
        Assert.Equal(client.Peer.Addresses.Select(address => address.WithoutPeer()), (await nodes[1].Dht.FindPeerAsync(client.Id, Stop))?.Addresses);
    }

    [Fact]
    public async Task AServer_BecomesAClient_AndAServerAgain()
    {
        await using KadGroup group = new();
        KadNode[] nodes = await group.StartManyAsync(4);
        nodes[3].Dht.StopServing();
        Assert.False(nodes[3].Dht.IsServer);
        await KadGroup.UntilAsync(() => nodes[..3].All(node => !node.Dht.Table.Contains(nodes[3].Id)));
        Assert.Equal(4, await PutAsync(nodes[3], "1 a"));
        await Assert.ThrowsAsync<ProtocolNotSupportedException>(async () =>
        {
            await using PeerStream stream = await nodes[0].Peer.OpenStreamAsync(nodes[3].Id, KadGroup.Protocol, Stop);
            await KadFrame.WriteAsync(stream.Output, new(KadMessageType.Ping, default), Stop);
            await KadFrame.ReadAsync(stream.Input, 1000, Stop);
        });
        nodes[3].Dht.Serve();
        await KadGroup.UntilAsync(() => nodes[..3].All(node => node.Dht.Table.Contains(nodes[3].Id)));
        Assert.Equal(3, (await nodes[0].Dht.FindClosestAsync(Key, Stop)).Count);
    }

    [Fact]
    public async Task APeerThatDoesNotSpeakTheProtocol_NeverEntersTheTable()
    {
        await using KadGroup group = new();
        KadNode node = await group.StartAsync();
        LocalPeer stranger = await group.StartPeerAsync();
        TaskCompletionSource identified = new(), identifiedThere = new();
        node.Peer.PeerIdentified += _ => identified.TrySetResult();
        stranger.PeerIdentified += _ => identifiedThere.TrySetResult();
        await node.Dht.BootstrapAsync(stranger.Addresses, Stop);
        await identified.Task.WaitAsync(Stop);
        await identifiedThere.Task.WaitAsync(Stop);     // only whom it knows to take pushes is told of a change
        Assert.Equal(0, node.Dht.RoutingTableCount);
        stranger.Handle(KadGroup.Protocol, (_, _) => Task.CompletedTask);
        await KadGroup.UntilAsync(() => node.Dht.RoutingTableCount == 1);
    }

    [Fact]
    public async Task WhoComesLater_GetsWhatWasPutAndProvidedBefore()
    {
        await using KadGroup group = new();
        KadNode first = await group.StartAsync();
        await PutAsync(first, "1 a");
        await first.Dht.ProvideAsync(Thing, Stop);
        KadNode second = await group.JoinAsync(first);
        await KadGroup.UntilAsync(() => Held(second) == "1 a" && second.Dht.Providers.Count == 1);
        await first.Peer.DisposeAsync();
        Assert.Equal("1 a", await GetAsync(second));
        Assert.Equal([first.Id], (await second.Dht.FindProvidersAsync(Thing, 10, Stop)).Select(provider => provider.Id));
    }

    [Fact]
    public async Task FindPeer_AsksTheOthers()
    {
        await using KadGroup group = new();
        KadNode[] nodes = await group.StartManyAsync(12);
        KadNode late = await group.JoinAsync(nodes[0]);
        await KadGroup.UntilAsync(() => Array.Exists(nodes, node => node.Dht.Table.Contains(late.Id) && node.Peer.AddressesOf(late.Id).Count > 0));
        foreach (KadNode node in nodes)
        {
            Assert.Equal(late.Peer.Addresses.Select(address => address.WithoutPeer()), (await node.Dht.FindPeerAsync(late.Id, Stop))?.Addresses);
        }

        Assert.Null(await nodes[0].Dht.FindPeerAsync(Samples.Peer(1), Stop));
    }

    [Fact]
    public async Task FindProviders_StopsAtItsMaximum()
    {
        await using KadGroup group = new();
        KadNode[] nodes = await group.StartManyAsync(8);
        foreach (KadNode node in nodes)
        {
            await node.Dht.ProvideAsync(Thing, Stop);
        }

        Assert.Equal(8, (await nodes[0].Dht.FindProvidersAsync(Thing, 20, Stop)).Select(provider => provider.Id).Distinct().Count());
        Assert.Equal(3, (await nodes[0].Dht.FindProvidersAsync(Thing, 3, Stop)).Count);
        await Assert.ThrowsAsync<ArgumentException>(() => nodes[0].Dht.ProvideAsync(new byte[34], Stop));
    }

    [Fact]
    public async Task Run_JoinsOnceSomebodyIsThere()
    {
        await using KadGroup group = new(new() { Protocol = KadGroup.Protocol, Validators = Samples.Validators, BootstrapInterval = TimeSpan.FromMilliseconds(20) });
        KadNode early = await group.StartAsync();
        KadNode absent = await group.StartAsync(address: "/memory/77");
        Multiaddress address = absent.Peer.Addresses[0];
        await absent.Peer.DisposeAsync();
        await early.Dht.BootstrapAsync([address], Stop);
        Assert.Equal(0, early.Dht.RoutingTableCount);
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Task running = early.Dht.RunAsync(ending.Token);
        KadNode late = await group.JoinAsync(early);
        await KadGroup.UntilAsync(() => early.Dht.Table.Contains(late.Id));
        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task APeerFindsItsNetworkAgain_ThroughPeersItSaved()
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("kad-peers-").FullName, "peers");
        await using KadGroup group = new();
        KadNode[] nodes = await group.StartManyAsync(3);
        KadNode leaving = await group.JoinAsync(nodes[0], group.Options with { PeersFile = file });
        await KadGroup.UntilAsync(() => leaving.Dht.RoutingTableCount == 3);
        await leaving.Dht.DisposeAsync();
        await leaving.Peer.DisposeAsync();
        Assert.Equal(
            nodes.Select(node => node.Peer.Addresses[0].ToString()).Order(StringComparer.Ordinal),
            (await File.ReadAllLinesAsync(file, Stop)).Order(StringComparer.Ordinal));
        await File.AppendAllTextAsync(file, "no address\n/memory/5\n", Stop);

        Multiaddress gone = nodes[0].Peer.Addresses[0];
        await nodes[0].Peer.DisposeAsync();
        KadNode again = await group.StartAsync(group.Options with { PeersFile = file });
        await again.Dht.BootstrapAsync([gone], Stop);
        await KadGroup.UntilAsync(() => again.Dht.Table.Contains(nodes[1].Id) && again.Dht.Table.Contains(nodes[2].Id));
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    [Fact]
    public async Task Run_RenewsAndExpires()
    {
        KadOptions quick = new()
        {
            Protocol = KadGroup.Protocol,
            Validators = Samples.Validators,
            ProvideInterval = TimeSpan.FromMilliseconds(20),
            ExpiryInterval = TimeSpan.FromMilliseconds(20),
        };
        await using KadGroup group = new(quick);
        KadNode[] nodes = await group.StartManyAsync(2);
        await PutAsync(nodes[0], "1 a");
        await nodes[0].Dht.ProvideAsync(Thing, Stop);
        RecordStore records = nodes[1].Dht.Records;
        records.RemoveExpired(DateTimeOffset.MaxValue);
        nodes[1].Dht.Providers.RemoveExpired(DateTimeOffset.MaxValue);
        Assert.Equal((0, 0), (records.Count, nodes[1].Dht.Providers.Count));
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Task running = nodes[0].Dht.RunAsync(ending.Token);
        await KadGroup.UntilAsync(() => Held(nodes[1]) == "1 a" && nodes[1].Dht.Providers.Count == 1);
        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task WithoutRoomForItsOwn_APeerPutsItElsewhere()
    {
        await using KadGroup group = new();
        KadNode first = await group.StartAsync();
        KadNode full = await group.JoinAsync(first, group.Options with { MaxRecords = 0 });
        await KadGroup.UntilAsync(() => full.Dht.RoutingTableCount == 1);
        Assert.Equal(1, await PutAsync(full, "1 a"));
        Assert.Null(Held(full));
        Assert.Equal("1 a", Held(first));
    }

    [Fact]
    public async Task WhoAsksTooMuch_IsReset_AndOthersAreServed()
    {
        await using KadGroup group = new();
        KadNode server = await group.StartAsync(group.Options with { MaxRequestsPerSecond = 1, MaxRequestBurst = 20 });
        KadNode greedy = await group.JoinAsync(server), modest = await group.JoinAsync(server);
        await using PeerStream stream = await greedy.Peer.OpenStreamAsync(server.Id, KadGroup.Protocol, Stop);
        async Task AskAsync()
        {
            while (true)
            {
                await KadFrame.WriteAsync(stream.Output, new(KadMessageType.GetValue, Key), Stop);
                await KadFrame.ReadAsync(stream.Input, 100_000, Stop);
            }
        }

        await Assert.ThrowsAsync<StreamResetException>(AskAsync);
        Assert.True(await PutAsync(modest, "1 a") >= 2);
        Assert.Equal("1 a", Held(server));
    }

    [Fact]
    public async Task ALookup_LeavesASpan()
    {
        ConcurrentQueue<Activity> spans = [];       // other tests' too
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == typeof(KadDht).Namespace,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using Activity test = new Activity("test").Start();
        await using KadGroup group = new();
        KadNode[] nodes = await group.StartManyAsync(3);
        await GetAsync(nodes[0]);
        Activity span = Assert.Single(spans, one => one.RootId == test.RootId && one.GetTagItem("kad.type") is "GetValue");
        Assert.Equal((2, 1, 2), (span.GetTagItem("kad.requests"), span.GetTagItem("kad.hops"), span.GetTagItem("kad.answered")));
    }

    [Fact]
    public async Task AmongMany_AnAnnouncementIsDone_OnceMostOfTheClosestKnow()
    {
        await using KadGroup group = new();
        KadNode[] nodes = await group.StartManyAsync(45);
        KadNode giver = nodes[7];
        while (giver.Dht.NetworkSize is null)
        {
            await giver.Dht.MeasureSizeAsync(Stop);
        }

        // Of a thing around which the others stand no thinner than the giver believes: else it would look farther before it tells them all.
        (byte[] thing, KadNode[] closest) = Enumerable.Range(0, 1000).Select(number => Samples.Multihash($"thing {number}"))
            .Select(thing => (Thing: thing, Closest: ClosestTo(thing)))
            .First(one => new LikelyHolders(KadKey.Of(one.Thing), 1.1 * giver.Dht.NetworkSize.Value, 20).AreAll([.. one.Closest.Select(node => KadKey.Of(node.Id))]));

        // Three of those closest to it fall silent: nobody waits the hour until they are overdue.
        foreach (KadNode silent in closest[17..])
        {
            silent.Peer.Handle(KadGroup.Protocol, (_, cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken));
        }

        await giver.Dht.ProvideAsync(thing, Stop);
        Assert.True(nodes.Count(node => node != giver && node.Dht.Providers.Count == 1) >= 15);
        await KadGroup.UntilAsync(() => Array.TrueForAll(closest[..17], node => node.Dht.Providers.Count == 1));       // the rest is told all the same
        await giver.Dht.DisposeAsync();

        KadNode[] ClosestTo(byte[] key)
        {
            KadKey place = KadKey.Of(key);
            return [.. nodes.Where(node => node != giver).Order(Comparer<KadNode>.Create((left, right) => place.CompareDistance(KadKey.Of(left.Id), KadKey.Of(right.Id)))).Take(20)];
        }
    }

    [Fact]
    public async Task Cancelling_EndsAWait()
    {
        await using KadGroup group = new();
        KadNode node = await group.StartAsync();
        LocalPeer silent = await group.StartPeerAsync();
        TaskCompletionSource asked = new();
        silent.Handle(KadGroup.Protocol, (_, cancellationToken) =>
        {
            asked.TrySetResult();
            return Task.Delay(Timeout.Infinite, cancellationToken);
        });
        await node.Peer.ConnectAsync(silent.Addresses[0], Stop);
        await KadGroup.UntilAsync(() => node.Dht.RoutingTableCount == 1);
        using CancellationTokenSource cancel = new();
        Task<byte[]?> getting = node.Dht.GetAsync(Key, cancel.Token);
        await asked.Task.WaitAsync(Stop);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => getting);
        await node.Dht.DisposeAsync();      // ends the request that is still out
    }

    [Fact]
    public async Task UnderChurn_WhatWasPutIsFound()
    {
        Random random = TestSeed.Random();
        await using KadGroup group = new();
        List<KadNode> nodes = [.. await group.StartManyAsync(25)];
        await PutAsync(nodes[0], "1 a");
        for (int round = 0; round < 15; round++)
        {
            KadNode leaving = nodes[random.Next(1, nodes.Count)];
            nodes.Remove(leaving);
            await leaving.Peer.DisposeAsync();
            nodes.Add(await group.JoinAsync(nodes[random.Next(nodes.Count)]));
            Assert.Equal("1 a", await GetAsync(nodes[random.Next(nodes.Count)]));
        }
    }
}

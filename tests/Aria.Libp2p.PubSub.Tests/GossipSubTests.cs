using System.Collections.Concurrent;
using System.Text;
using Aria.Libp2p.Encodings;
using Aria.Libp2p.PubSub.Messages;

namespace Aria.Libp2p.PubSub.Tests;

/// <summary>The whole of it over real peers and streams.</summary>
public sealed class GossipSubTests
{
    private const string Topic = "news";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<string> NextAsync(Subscription subscription) => Encoding.UTF8.GetString((await subscription.Messages.ReadAsync(Stop)).Data.Span);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Messages_ReachEverySubscriber_AcrossOthers(bool overTcp)
    {
        await using GossipGroup group = new(overTcp);
        GossipNode a = await group.StartAsync(), b = await group.StartAsync(), c = await group.StartAsync();
        using Subscription atA = a.Gossip.Subscribe(Topic), atB = b.Gossip.Subscribe(Topic), atC = c.Gossip.Subscribe(Topic);
        await GossipGroup.ConnectAsync(a, b);
        await GossipGroup.ConnectAsync(b, c);
        await GossipGroup.UntilAsync(() => a.Gossip.MeshOf(Topic).Contains(b.Id) && b.Gossip.MeshOf(Topic).Count == 2 && c.Gossip.MeshOf(Topic).Contains(b.Id));

        (MessageId id, int peers) = a.Gossip.Publish(Topic, "from a"u8);
        Assert.Equal(1, peers);
        Assert.Equal("from a", await NextAsync(atB));
        GossipMessage atTheEnd = await atC.Messages.ReadAsync(Stop);
        Assert.Equal("from a"u8, atTheEnd.Data.Span);
        Assert.Equal(a.Id, atTheEnd.Author);
        Assert.Equal(id, GossipMessage.DefaultId(atTheEnd));
        c.Gossip.Publish(Topic, "from c"u8);
        Assert.Equal("from c", await NextAsync(atA));
        Assert.Equal("from c", await NextAsync(atB));
        Assert.False(atA.Messages.TryRead(out _));
        Assert.True(b.Gossip.ScoreOf(a.Id) > 0);

        // Large ones too.
        byte[] large = new byte[group.Options.MaxDataBytes];
        Random.Shared.NextBytes(large);
        a.Gossip.Publish(Topic, large);
        Assert.Equal(large, (await atC.Messages.ReadAsync(Stop)).Data.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => a.Gossip.Publish(Topic, new byte[large.Length + 1]));
    }

    [Fact]
    public async Task WhoOnlyPublishes_AndWhoComesAndGoes()
    {
        await using GossipGroup group = new();
        GossipNode a = await group.StartAsync(), b = await group.StartAsync();
        Assert.Equal(0, a.Gossip.Publish(Topic, "to nobody"u8).Peers);
        await GossipGroup.ConnectAsync(a, b);
        Subscription first = b.Gossip.Subscribe(Topic);
        await GossipGroup.KnowEachOtherAsync(Topic, 1, a);
        Assert.Equal(1, a.Gossip.Publish(Topic, "1"u8).Peers);
        Assert.Equal("1", await NextAsync(first));

        Subscription second = b.Gossip.Subscribe(Topic);
        first.Dispose();
        first.Dispose();
        a.Gossip.Publish(Topic, "2"u8);
        Assert.Equal("2", await NextAsync(second));
        Assert.True(first.Messages.Completion.IsCompleted);
        second.Dispose();
        await GossipGroup.UntilAsync(() => a.Gossip.PeersOf(Topic).Count == 0);
        Assert.Equal(0, a.Gossip.Publish(Topic, "3"u8).Peers);

        using Subscription again = b.Gossip.Subscribe(Topic);
        await GossipGroup.KnowEachOtherAsync(Topic, 1, a);
        await b.Peer.DisconnectAsync(a.Id);
        await GossipGroup.UntilAsync(() => a.Gossip.PeersOf(Topic).Count == 0);
        await GossipGroup.ConnectAsync(b, a);
        await GossipGroup.KnowEachOtherAsync(Topic, 1, a);
        a.Gossip.Publish(Topic, "4"u8);
        Assert.Equal("4", await NextAsync(again));
    }

    [Fact]
    public async Task Validators_RunBesideEachOther_AndTheirVerdictsCount()
    {
        await using GossipGroup group = new();
        GossipNode a = await group.StartAsync(), b = await group.StartAsync(), c = await group.StartAsync();
        TaskCompletionSource slow = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ConcurrentQueue<string> judged = new();
        using Subscription atB = b.Gossip.Subscribe(Topic, async (message, from, cancellationToken) =>
        {
            string text = Encoding.UTF8.GetString(message.Data.Span);
            Assert.Equal(a.Id, from);
            judged.Enqueue(text);
            await (text == "slow" ? slow.Task.WaitAsync(cancellationToken) : Task.CompletedTask);
            return text switch
            {
                "bad" => ValidationVerdict.Reject,
                "dull" => ValidationVerdict.Ignore,
                "broken" => throw new InvalidOperationException("a bug"),
                _ => ValidationVerdict.Accept,
            };
        });
        using Subscription atC = c.Gossip.Subscribe(Topic);
        await GossipGroup.ConnectAsync(a, b);
        await GossipGroup.ConnectAsync(b, c);
        await GossipGroup.KnowEachOtherAsync(Topic, 1, a, b);
        await GossipGroup.UntilAsync(() => b.Gossip.MeshOf(Topic).Contains(c.Id));
        foreach (string text in (string[])["slow", "dull", "broken", "good"])
        {
            a.Gossip.Publish(Topic, Encoding.UTF8.GetBytes(text));
        }

        Assert.Equal("good", await NextAsync(atC));
        Assert.Equal("good", await NextAsync(atB));
        Assert.True(b.Gossip.ScoreOf(a.Id) > 0);
        slow.SetResult();
        Assert.Equal("slow", await NextAsync(atC));
        a.Gossip.Publish(Topic, "bad"u8);
        await GossipGroup.UntilAsync(() => b.Gossip.ScoreOf(a.Id) < 0);
        Assert.False(atC.Messages.TryRead(out _));
        Assert.Equal(["bad", "broken", "dull", "good", "slow"], judged.Order());
    }

    [Fact]
    public async Task AFrameThatCannotBeRead_EndsItsStream_AndCounts()
    {
        await using GossipGroup group = new();
        GossipNode node = await group.StartAsync(new() { Score = new() { BehaviourThreshold = 0 } });
        (LocalPeer stranger, _) = await group.StartPeerAsync();
        stranger.Handle("/meshsub/1.1.0", async (stream, cancellationToken) => await LengthPrefixed.ReadAsync(stream.Input, RpcBounds.FrameBytes, cancellationToken));
        await stranger.ConnectAsync(node.Peer.Addresses[0], Stop);
        await using PeerStream stream = await stranger.OpenStreamAsync(node.Id, "/meshsub/1.1.0", Stop);
        LengthPrefixed.Write(stream.Output, [0xff]);
        await stream.Output.FlushAsync(Stop);
        await Assert.ThrowsAsync<StreamResetException>(async () => await stream.Input.ReadAsync(Stop));
        await GossipGroup.UntilAsync(() => node.Gossip.ScoreOf(stranger.Id) < 0);
    }

    [Fact]
    public async Task AStreamThatComesBeforeItsPeerTells_ThatItSpeaks_IsHeard_OnceItDoes()
    {
        await using GossipGroup group = new();
        GossipNode node = await group.StartAsync();
        using Subscription here = node.Gossip.Subscribe(Topic);
        (LocalPeer early, Identity identity) = await group.StartPeerAsync();
        await early.ConnectAsync(node.Peer.Addresses[0], Stop);
        await using PeerStream stream = await early.OpenStreamAsync(node.Id, "/meshsub/1.2.0", Stop);
        LengthPrefixed.Write(stream.Output, RpcCodec.Encode(new()
        {
            Subscriptions = [new(Topic, IsSubscribed: true)], Messages = [GossipMessage.Create(identity, 1, Topic, "early"u8)],
        }));
        await stream.Output.FlushAsync(Stop);
        early.Handle("/test/other/1", (_, _) => Task.CompletedTask);        // it is identified once more, and not yet as one who speaks it
        await GossipGroup.UntilAsync(() => node.Peer.Identified(early.Id)?.Protocols.Contains("/test/other/1") == true);
        early.Handle("/meshsub/1.2.0", async (opened, cancellationToken) => await LengthPrefixed.ReadAsync(opened.Input, RpcBounds.FrameBytes, cancellationToken));
        Assert.Equal("early", await NextAsync(here).WaitAsync(TimeSpan.FromMinutes(5), Stop));
    }

    [Fact]
    public async Task AStreamThatBreaks_IsOpenedAgain_AndBeginsWithTheSubscriptions()
    {
        await using GossipGroup group = new();
        GossipNode node = await group.StartAsync();
        using Subscription subscription = node.Gossip.Subscribe(Topic);
        (LocalPeer stranger, _) = await group.StartPeerAsync();
        System.Threading.Channels.Channel<Rpc> firsts = System.Threading.Channels.Channel.CreateUnbounded<Rpc>();
        int streams = 0;
        stranger.Handle("/meshsub/1.2.0", async (stream, cancellationToken) =>
        {
            Rpc first = RpcCodec.Decode((await LengthPrefixed.ReadAsync(stream.Input, RpcBounds.FrameBytes, cancellationToken))!);
            await firsts.Writer.WriteAsync(first, cancellationToken);
            if (Interlocked.Increment(ref streams) == 1)
            {
                stream.Reset();
                return;
            }

            while (await LengthPrefixed.ReadAsync(stream.Input, RpcBounds.FrameBytes, cancellationToken) is { } frame)
            {
                await firsts.Writer.WriteAsync(RpcCodec.Decode(frame), cancellationToken);
            }
        });
        await stranger.ConnectAsync(node.Peer.Addresses[0], Stop);
        Assert.Equal([new(Topic, IsSubscribed: true)], (await firsts.Reader.ReadAsync(Stop)).Subscriptions);
        Assert.Equal([new(Topic, IsSubscribed: true)], (await firsts.Reader.ReadAsync(Stop)).Subscriptions);
    }

    [Fact]
    public async Task PrunedPeers_FindEachOther_ThroughSignedRecords()
    {
        // The hub keeps four of its eight guests; it names the others to those that it prunes.
        GossipOptions hubs = new() { HeartbeatInterval = TimeSpan.FromMilliseconds(100), D = 4, DLow = 3, DHigh = 4, DScore = 2, DOut = 1 };
        GossipOptions guests = new() { HeartbeatInterval = TimeSpan.FromMilliseconds(100), Score = new() { AcceptExchangeThreshold = 0 } };
        await using GossipGroup group = new();
        GossipNode hub = await group.StartAsync(hubs);
        GossipNode[] nodes = [.. await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => group.StartAsync(guests)).Take(8))];
        using Subscription atHub = hub.Gossip.Subscribe(Topic);
        foreach (GossipNode node in nodes)
        {
            await GossipGroup.ConnectAsync(node, hub);
            node.Gossip.Subscribe(Topic);
        }

        await GossipGroup.UntilAsync(() => nodes.Any(node => node.Peer.ConnectedPeers.Count > 1) && hub.Peer.Identified(nodes[0].Id) is not null);
        Assert.NotEmpty(hub.Peer.Identified(nodes[0].Id)!.SignedRecord.ToArray());
        Assert.True(PeerRecord.TryOpen(hub.Peer.Identified(nodes[0].Id)!.SignedRecord.Span, out PeerRecord? record));
        Assert.Equal(nodes[0].Id, record.Peer);
    }

    [Fact]
    public async Task ManyMessages_FromEveryone_AllArrive()
    {
        const int Each = 100;
        await using GossipGroup group = new();
        GossipNode[] nodes = [await group.StartAsync(), await group.StartAsync(), await group.StartAsync(), await group.StartAsync(), await group.StartAsync()];
        Subscription[] subscriptions = [.. nodes.Select(node => node.Gossip.Subscribe(Topic))];
        for (int i = 0; i < nodes.Length; i++)
        {
            await GossipGroup.ConnectAsync(nodes[i], nodes[(i + 1) % nodes.Length]);
        }

        await GossipGroup.UntilAsync(() => nodes.All(node => node.Gossip.MeshOf(Topic).Count == 2));
        Parallel.For(0, nodes.Length, i =>
        {
            for (int n = 0; n < Each; n++)
            {
                nodes[i].Gossip.Publish(Topic, Encoding.UTF8.GetBytes($"{i} {n}"));
            }
        });

        foreach ((int i, Subscription subscription) in subscriptions.Index())
        {
            HashSet<string> heard = [];
            for (int n = 0; n < Each * (nodes.Length - 1); n++)
            {
                Assert.True(heard.Add(await NextAsync(subscription)));
            }

            Assert.DoesNotContain(heard, text => text.StartsWith($"{i} ", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task AnIdentityThatIsNotThePeers_IsRefused_AsAreWrongTopics()
    {
        await using GossipGroup group = new();
        GossipNode node = await group.StartAsync();
        Assert.Throws<ArgumentOutOfRangeException>(() => new GossipSub(
            node.Peer, Peers.Identity(1), new(), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance));
        Assert.Throws<ArgumentException>(() => node.Gossip.Subscribe(""));
        Assert.Throws<ArgumentOutOfRangeException>(() => node.Gossip.Publish(new('x', 257), default));
        await node.Gossip.DisposeAsync();
        await node.Gossip.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => node.Gossip.Publish(Topic, default));
    }
}

using System.Text;
using System.Text.Json;
using Aria.Libp2p.PubSub.Messages;
using Aria.Testing.Interop;

namespace Aria.Libp2p.PubSub.Tests.Interop;

/// <summary>Against js-libp2p's gossipsub over TCP.</summary>
public sealed class JsGossipTests
{
    private const string Topic = "/test/news/1";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    // Where the machine is busy, promises are kept late; nobody is judged by that here.
    private static GossipGroup Group() => new(overTcp: true, new() { IWantFollowUp = TimeSpan.FromMinutes(1) });

    private static async Task<string[]> HeardAsync(JsPeer js)
    {
        JsonElement heard = await js.CallAsync("heard", new { topic = Topic }, Stop);
        string[] data = [.. heard.GetProperty("data").EnumerateArray().Select(one => one.GetString()!)];
        Assert.Equal(data.Length, heard.GetProperty("count").GetInt32());      // each once
        return data;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            await Task.Delay(50, Stop);     // js tells of no event for it
        }
    }

    private static async Task<int> MeshOfAsync(JsPeer js) => (await js.CallAsync("topic", new { topic = Topic }, Stop)).GetProperty("mesh").GetArrayLength();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OneOfEach_MeshesAndSpeaks_BothWays(bool jsDials)
    {
        await using JsPeer js = await JsPeer.StartAsync(Stop, "--gossip");
        await using GossipGroup group = Group();
        GossipNode node = await group.StartAsync();
        PeerId remote = PeerId.Parse(js.PeerId);
        using Subscription here = node.Gossip.Subscribe(Topic);
        await js.CallAsync("subscribe", new { topic = Topic }, Stop);
        if (jsDials)
        {
            await js.CallAsync("dial", new { addr = node.Peer.Addresses[0].ToString() }, Stop);
        }
        else
        {
            await node.Peer.ConnectAsync(Multiaddress.Parse(js.Addresses[0]), Stop);
        }

        await GossipGroup.UntilAsync(() => node.Gossip.MeshOf(Topic).Contains(remote));
        await UntilAsync(async () => await MeshOfAsync(js) == 1);

        // Long enough for an IDONTWANT, and short.
        string large = new('x', 4000);
        node.Gossip.Publish(Topic, "short"u8);
        node.Gossip.Publish(Topic, Encoding.UTF8.GetBytes(large));
        await UntilAsync(async () => (await HeardAsync(js)).Length == 2);
        Assert.Equal(new[] { "short", large }.Order(), (await HeardAsync(js)).Order());
        await js.CallAsync("publish", new { topic = Topic, data = "from js" }, Stop);
        GossipMessage heard = await here.Messages.ReadAsync(Stop);
        Assert.Equal("from js"u8, heard.Data.Span);
        Assert.Equal(remote, heard.Author);
        Assert.True((await js.CallAsync("score", new { peer = node.Id.ToString() }, Stop)).GetProperty("score").GetDouble() >= 0);
        Assert.True(node.Gossip.ScoreOf(remote) > 0);

        await js.CallAsync("unsubscribe", new { topic = Topic }, Stop);
        await GossipGroup.UntilAsync(() => node.Gossip.PeersOf(Topic).Count == 0);
        await js.CallAsync("subscribe", new { topic = Topic }, Stop);
        await GossipGroup.UntilAsync(() => node.Gossip.PeersOf(Topic).Count == 1);
        here.Dispose();
        await UntilAsync(async () => (await js.CallAsync("topic", new { topic = Topic }, Stop)).GetProperty("subscribers").GetArrayLength() == 0);
    }

    [Fact]
    public async Task FiveAndFive_AThousandMessagesFromEachSide_AllArriveEverywhere()
    {
        const int Nodes = 5, Rounds = 10, EachRound = 20, Each = Rounds * EachRound;
        JsPeer[] js = await Task.WhenAll(Enumerable.Range(0, Nodes).Select(_ => JsPeer.StartAsync(Stop, "--gossip")));
        try
        {
            await using GossipGroup group = Group();
            List<GossipNode> nodes = [];
            List<Subscription> subscriptions = [];
            for (int i = 0; i < Nodes; i++)
            {
                nodes.Add(await group.StartAsync());
                subscriptions.Add(nodes[i].Gossip.Subscribe(Topic));
                await js[i].CallAsync("subscribe", new { topic = Topic }, Stop);
            }

            // A ring of each, and from each to two of the other kind, dialed from both sides.
            for (int i = 0; i < Nodes; i++)
            {
                await GossipGroup.ConnectAsync(nodes[i], nodes[(i + 1) % Nodes]);
                await js[i].CallAsync("dial", new { addr = js[(i + 1) % Nodes].Addresses[0] }, Stop);
                await nodes[i].Peer.ConnectAsync(Multiaddress.Parse(js[i].Addresses[0]), Stop);
                await js[i].CallAsync("dial", new { addr = nodes[(i + 2) % Nodes].Peer.Addresses[0].ToString() }, Stop);
            }

            await GossipGroup.UntilAsync(() => nodes.All(node => node.Gossip.MeshOf(Topic).Count >= 3));
            await UntilAsync(async () => (await Task.WhenAll(js.Select(MeshOfAsync))).All(mesh => mesh >= 3));

            // In rounds, so that no queue grows beyond what gossip is made for: each round is everywhere before the next.
            HashSet<string>[] heard = [.. nodes.Select(_ => new HashSet<string>())];
            for (int round = 0; round < Rounds; round++)
            {
                int first = round * EachRound;
                await Task.WhenAll(
                [
                    .. js.Select((peer, i) => peer.CallAsync("publish", new { topic = Topic, data = $"js{i}-", first, count = EachRound }, Stop)),
                    .. nodes.Select((node, i) => Task.Run(
                        () =>
                        {
                            for (int n = first; n < first + EachRound; n++)
                            {
                                node.Gossip.Publish(Topic, Encoding.UTF8.GetBytes($"net{i}-{n}"));
                            }
                        },
                        Stop)),
                ]);
                int ofOthers = (first + EachRound) * ((2 * Nodes) - 1);
                for (int i = 0; i < Nodes; i++)
                {
                    while (heard[i].Count < ofOthers)
                    {
                        Assert.True(heard[i].Add(Encoding.UTF8.GetString((await subscriptions[i].Messages.ReadAsync(Stop)).Data.Span)));     // each once
                    }

                    await UntilAsync(async () => (await HeardAsync(js[i])).Length == ofOthers);
                }
            }

            string[] all = [.. Enumerable.Range(0, Nodes).SelectMany(i => Enumerable.Range(0, Each).SelectMany(n => new[] { $"js{i}-{n}", $"net{i}-{n}" }))];
            for (int i = 0; i < Nodes; i++)
            {
                Assert.Equal(all.Where(text => !text.StartsWith($"net{i}-", StringComparison.Ordinal)).ToHashSet(), heard[i]);
                Assert.Equal(all.Where(text => !text.StartsWith($"js{i}-", StringComparison.Ordinal)).ToHashSet(), (await HeardAsync(js[i])).ToHashSet());
            }

            Assert.All(nodes, node => Assert.All(node.Peer.ConnectedPeers, peer => Assert.True(node.Gossip.ScoreOf(peer) >= 0)));
        }
        finally
        {
            await Task.WhenAll(js.Select(peer => peer.DisposeAsync().AsTask()));
        }
    }
}

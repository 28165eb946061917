using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Aria.Libp2p.KadDht.Messages;
using Aria.Libp2p.KadDht.Routing;
using Aria.Testing.Interop;

namespace Aria.Libp2p.KadDht.Tests.Interop;

/// <summary>Against js-libp2p's kad-dht over TCP: each side stores, serves, refuses and finds what the other gives.</summary>
public sealed class JsKadTests
{
    private const string Protocol = "/aria/kad/1.0.0";
    private const string Key = "/ariatest/key";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static byte[] Value(int seq, string data) => Encoding.UTF8.GetBytes($$"""{"seq":{{seq}},"data":"{{data}}"}""");

    private static KadGroup Group() => new(
        new() { Protocol = Protocol, Validators = ImmutableDictionary<string, IRecordValidator>.Empty.Add("ariatest", new SequencedValidator()) },
        overTcp: true);

    private static async Task MeetAsync(KadNode node, JsPeer js, bool jsDials)
    {
        if (jsDials)
        {
            await js.CallAsync("dial", new { addr = node.Peer.Addresses[0].ToString() }, Stop);
        }
        else
        {
            await node.Dht.BootstrapAsync(js.Addresses.Select(Multiaddress.Parse), Stop);
        }

        PeerId remote = PeerId.Parse(js.PeerId);
        await KadGroup.UntilAsync(() => node.Dht.Table.Contains(remote));
        await js.WaitForTableAsync(1, Stop);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Values_AndProviders_BothWays(bool jsDials)
    {
        await using JsPeer js = await JsPeer.StartAsync(Stop);
        await using KadGroup group = Group();
        KadNode node = await group.StartAsync();
        await MeetAsync(node, js, jsDials);

        // From here: put there, and read from there by a node that holds nothing.
        Assert.Equal(2, await node.Dht.PutAsync(Encoding.ASCII.GetBytes(Key), Value(1, "from C#"), Stop));
        JsonElement got = await js.CallAsync("get", new { key = Key }, Stop);
        Assert.Equal(Value(1, "from C#"), got.GetProperty("value64").GetBytesFromBase64());
        node.Dht.Records.RemoveExpired(DateTimeOffset.MaxValue);
        Assert.Equal(Value(1, "from C#"), await node.Dht.GetAsync(Encoding.ASCII.GetBytes(Key), Stop));

        // From there: js puts a better one here.
        JsonElement put = await js.CallAsync("put", new { key = Key, value = """{"seq":2,"data":"from js"}""" }, Stop);
        Assert.Equal(1, put.GetProperty("stored").GetInt32());
        Assert.Equal(Value(2, "from js"), node.Dht.Records.Find(Encoding.ASCII.GetBytes(Key), DateTimeOffset.UtcNow)?.Value);

        byte[] fromHere = Samples.Multihash("from here"), fromThere = Samples.Multihash("from there");
        await node.Dht.ProvideAsync(fromHere, Stop);
        JsonElement providers = (await js.CallAsync("findProviders", new { multihash = Convert.ToHexStringLower(fromHere) }, Stop)).GetProperty("providers");
        JsonElement provider = Assert.Single(providers.EnumerateArray());
        Assert.Equal(node.Id.ToString(), provider.GetProperty("id").GetString());
        Assert.Equal(node.Peer.Addresses[0].WithoutPeer().ToString(), provider.GetProperty("addrs")[0].GetString());

        await js.CallAsync("provide", new { multihash = Convert.ToHexStringLower(fromThere) }, Stop);
        await KadGroup.UntilAsync(() => node.Dht.Providers.Find(fromThere, DateTimeOffset.UtcNow).Length == 1);
        PeerInfo found = Assert.Single(await node.Dht.FindProvidersAsync(fromThere, 10, Stop));
        Assert.Equal(js.PeerId, found.Id.ToString());
        Assert.Equal(js.Addresses[0], found.Addresses[0].WithPeer(found.Id).ToString());
    }

    [Fact]
    public async Task WhatOneSideRefuses_TheOtherSeesAsAReset()
    {
        await using JsPeer js = await JsPeer.StartAsync(Stop);
        await using KadGroup group = Group();
        KadNode node = await group.StartAsync();
        await MeetAsync(node, js, jsDials: false);

        await using PeerStream stream = await node.Peer.OpenStreamAsync(PeerId.Parse(js.PeerId), Protocol, Stop);
        byte[] key = Encoding.ASCII.GetBytes(Key);
        await KadFrame.WriteAsync(stream.Output, new(KadMessageType.PutValue, key) { Record = new(key, "{}"u8.ToArray()) }, Stop);
        await Assert.ThrowsAsync<StreamResetException>(async () => await KadFrame.ReadAsync(stream.Input, 1000, Stop));

        node.Dht.Records.Offer(key, Value(9, "held"), DateTimeOffset.UtcNow);
        JsonElement put = await js.CallAsync("put", new { key = Key, value = """{"seq":1}""" }, Stop);
        Assert.Equal(0, put.GetProperty("stored").GetInt32());
        Assert.NotEmpty(put.GetProperty("errors").EnumerateArray());
        Assert.True(node.Dht.Table.Contains(PeerId.Parse(js.PeerId)));
    }

    [Fact]
    public async Task Mixed_EveryoneFindsTheSameClosest_AndEachOther()
    {
        await using JsPeer firstJs = await JsPeer.StartAsync(Stop);
        await using JsPeer secondJs = await JsPeer.StartAsync(Stop);
        await using KadGroup group = Group();
        KadNode[] nodes = await group.StartManyAsync(4);
        await MeetAsync(nodes[0], firstJs, jsDials: false);
        await MeetAsync(nodes[3], secondJs, jsDials: true);
        PeerId[] all = [.. nodes.Select(node => node.Id), PeerId.Parse(firstJs.PeerId), PeerId.Parse(secondJs.PeerId)];

        // Neither js peer has met the other: the way leads through these nodes. (A js lookup only goes on to peers that are closer than the
        // one that names them, so the nodes must have met both.)
        while (nodes.Any(node => node.Dht.RoutingTableCount < 5))
        {
            foreach (KadNode node in nodes)
            {
                await node.Dht.BootstrapAsync([], Stop);        // again where somebody was identified late
            }
        }

        Assert.All(nodes, node => Assert.Equal(5, node.Dht.RoutingTableCount));
        JsonElement there = await firstJs.CallAsync("findPeer", new { peer = secondJs.PeerId }, Stop);
        Assert.Equal(secondJs.PeerId, there.GetProperty("peer").GetString());

        byte[] key = Samples.Bytes("anything at all");
        Comparer<PeerId> nearer = Comparer<PeerId>.Create((left, right) => KadKey.Of(key).CompareDistance(KadKey.Of(left), KadKey.Of(right)));
        foreach (KadNode node in nodes)
        {
            Assert.Equal(all.Where(peer => peer != node.Id).Order(nearer), (await node.Dht.FindClosestAsync(key, Stop)).Select(peer => peer.Id));
        }

        // (For the same reason whether js finds the other js peer here depends on the ids.)
        await secondJs.WaitForTableAsync(nodes.Length, Stop);
        JsonElement closest = await secondJs.CallAsync("closest", new { key = Convert.ToHexStringLower(key) }, Stop);
        Assert.Superset(
            nodes.Select(node => node.Id.ToString()).ToHashSet(),
            closest.GetProperty("peers").EnumerateArray().Select(peer => peer.GetString()!).ToHashSet());
        foreach (KadNode node in nodes)
        {
            Assert.Equal(firstJs.Addresses[0], (await node.Dht.FindPeerAsync(PeerId.Parse(firstJs.PeerId), Stop))!.Addresses[0].WithPeer(PeerId.Parse(firstJs.PeerId)).ToString());
        }
    }

    [Fact]
    public async Task AJsClient_PutsAndGets_AndStaysOutOfTheTable()
    {
        await using JsPeer js = await JsPeer.StartAsync(Stop, "--client");
        await using KadGroup group = Group();
        KadNode[] nodes = await group.StartManyAsync(2);
        await js.CallAsync("dial", new { addr = nodes[0].Peer.Addresses[0].ToString() }, Stop);
        await js.WaitForTableAsync(1, Stop);
        Assert.InRange((await js.CallAsync("put", new { key = Key, value = """{"seq":3,"data":"client"}""" }, Stop)).GetProperty("stored").GetInt32(), 1, 2);
        Assert.Equal(Value(3, "client"), await nodes[1].Dht.GetAsync(Encoding.ASCII.GetBytes(Key), Stop));
        Assert.All(nodes, node => Assert.False(node.Dht.Table.Contains(PeerId.Parse(js.PeerId))));
    }
}

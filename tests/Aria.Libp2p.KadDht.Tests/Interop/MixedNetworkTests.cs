using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Aria.Testing.Interop;

namespace Aria.Libp2p.KadDht.Tests.Interop;

/// <summary>Ten nodes of this kind and ten of js-libp2p's in one hash table: what any of them gives, all of the other kind find.</summary>
public sealed class MixedNetworkTests
{
    private const string Protocol = "/aria/kad/1.0.0";
    private const int Each = 10;

    private static readonly int[] SomeJs = [0, 3, 6, 9];        // each of their questions costs a js peer twenty handshakes

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static string Value(int seq, string data) => $$"""{"seq":{{seq}},"data":"{{data}}"}""";

    [Fact]
    public async Task TenAndTen_PutGetProvideAndFind_BothWays()
    {
        await using JsPeer js = await JsPeer.StartScriptAsync("peers.mjs", null, Stop, "--count", $"{Each}", "--kad", Protocol);
        await using KadGroup group = new(
            new() { Protocol = Protocol, Validators = ImmutableDictionary<string, IRecordValidator>.Empty.Add("ariatest", new SequencedValidator()) }, overTcp: true);
        KadNode[] nodes = await group.StartManyAsync(Each);
        JsonElement[] there = await Task.WhenAll(Enumerable.Range(0, Each).Select(i => js.CallAsync("info", new { node = i }, Stop)));
        PeerId[] jsIds = [.. there.Select(one => PeerId.Parse(one.GetProperty("peerId").GetString()!))];

        // Each js peer knows one node; the rest they and the nodes find out.
        await Task.WhenAll(Enumerable.Range(0, Each).Select(i => js.CallAsync("dial", new { node = i, addr = nodes[i].Peer.Addresses[0].ToString() }, Stop)));
        while (nodes.FirstOrDefault(node => node.Dht.RoutingTableCount < (2 * Each) - 1) is { } lacking)
        {
            await lacking.Dht.BootstrapAsync(nodes.Except([lacking]).SelectMany(node => node.Peer.Addresses), Stop);
        }

        for (int i = 0; i < Each; i++)
        {
            while ((await js.CallAsync("info", new { node = i }, Stop)).GetProperty("table").GetInt32() < Each)
            {
                await Task.Delay(20, Stop);     // js tells of no event for it
            }
        }

        // Values.
        Assert.Equal(2 * Each, await nodes[3].Dht.PutAsync("/ariatest/here"u8.ToArray(), Encoding.UTF8.GetBytes(Value(1, "here")), Stop));
        Assert.True((await js.CallAsync("put", new { node = 4, key = "/ariatest/there", value = Value(2, "there") }, Stop)).GetProperty("stored").GetInt32() >= Each);
        await Task.WhenAll(SomeJs.Select(async i =>
            Assert.Equal(Value(1, "here"), (await js.CallAsync("get", new { node = i, key = "/ariatest/here" }, Stop)).GetProperty("value").GetString())));
        await Task.WhenAll(nodes.Select(async node => Assert.Equal(Value(2, "there"), Encoding.UTF8.GetString((await node.Dht.GetAsync("/ariatest/there"u8.ToArray(), Stop))!))));

        // Providers.
        byte[] fromHere = Samples.Multihash("from here"), fromThere = Samples.Multihash("from there");
        await nodes[5].Dht.ProvideAsync(fromHere, Stop);
        await js.CallAsync("provide", new { node = 6, multihash = Convert.ToHexStringLower(fromThere) }, Stop);
        await Task.WhenAll(SomeJs.Select(async i =>
        {
            JsonElement found = await js.CallAsync("findProviders", new { node = i, multihash = Convert.ToHexStringLower(fromHere) }, Stop);
            Assert.Equal([nodes[5].Id.ToString()], found.GetProperty("providers").EnumerateArray().Select(one => one.GetString()).Distinct());
        }));
        await Task.WhenAll(nodes.Select(async node =>
        {
            IReadOnlyList<PeerInfo> providers;
            while ((providers = await node.Dht.FindProvidersAsync(fromThere, 10, Stop)).Count == 0)
            {
                await Task.Delay(20, Stop);     // js waits for nobody whom it tells
            }

            Assert.Equal([jsIds[6]], providers.Select(one => one.Id));
        }));

        // Peers, each found by one of the other kind that it has not met.
        await Task.WhenAll(SomeJs.Select(async i =>
        {
            KadNode wanted = nodes[(i + 5) % Each];
            JsonElement found = await js.CallAsync("findPeer", new { node = i, peer = wanted.Id.ToString() }, Stop);
            Assert.Contains(wanted.Peer.Addresses[0].WithoutPeer().ToString(), found.GetProperty("addrs").EnumerateArray().Select(address => address.GetString()!.Split("/p2p/")[0]));
            Assert.NotNull(await wanted.Dht.FindPeerAsync(jsIds[i], Stop));
        }));
    }
}

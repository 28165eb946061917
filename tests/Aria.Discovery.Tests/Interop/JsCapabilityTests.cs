using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Aria.Libp2p;
using Aria.Libp2p.KadDht;
using Aria.Testing;
using Aria.Testing.Interop;

namespace Aria.Discovery.Tests.Interop;

/// <summary>
/// A js-libp2p peer that has tests/interop/capability.mjs judge records, which was written from specs/discovery.md alone: it stores and serves real ones,
/// refuses others, and finds a model's providers.
/// </summary>
public sealed class JsCapabilityTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static string ProviderKey => Convert.ToHexStringLower(CapabilityRecord.ProviderKeyOf(DiscoveryGroup.Model));

    private static Task<JsPeer> StartJsAsync() =>
        JsPeer.StartAsync(Stop, "--validator", Path.Combine(Fixtures.RepositoryRoot, "tests", "interop", "capability.mjs"));

    private static async Task MeetAsync(DiscoveryNode node, JsPeer js)
    {
        await node.Dht.BootstrapAsync(js.Addresses.Select(Multiaddress.Parse), Stop);
        await DiscoveryGroup.UntilAsync(() => node.Dht.RoutingTableCount > 0);
        await js.WaitForTableAsync(1, Stop);
    }

    [Fact]
    public async Task TheJudge_AgreesWithEveryVector()
    {
        Prerequisite.Demand(Prerequisite.HasProgram("node"), "node is needed for tests/interop");
        ProcessStartInfo start = new("node", [Path.Combine(Fixtures.RepositoryRoot, "tests", "interop", "capability.mjs"), Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "discovery", "vectors.json")])
        {
            RedirectStandardOutput = true,
        };
        using Process node = Process.Start(start)!;
        JsonElement verdict = JsonDocument.Parse(await node.StandardOutput.ReadToEndAsync(Stop)).RootElement;
        await node.WaitForExitAsync(Stop);
        Assert.Empty(verdict.GetProperty("wrong").EnumerateArray().Select(one => one.GetString()));
        Assert.Equal(DiscoveryVectors.Root.GetProperty("cases").GetArrayLength() + 1, verdict.Int("judged"));
    }

    [Fact]
    public async Task ARealRecord_IsStoredServedAndVerified_AndItsNodeFoundAsAProvider()
    {
        await using JsPeer js = await StartJsAsync();
        await using DiscoveryGroup group = new(overTcp: true);
        DiscoveryNode node = await group.StartAsync();
        await MeetAsync(node, js);
        Assert.Equal(2, await node.Publisher.UpdateAsync([DiscoveryGroup.Served(0, 8)], Stop));

        byte[] key = CapabilityRecord.KeyOf(node.Peer.Id);
        JsonElement got = await js.CallAsync("get", new { key = Encoding.ASCII.GetString(key) }, Stop);
        byte[] held = (await node.Dht.GetAsync(key, Stop))!;
        Assert.Equal(held, got.GetProperty("value64").GetBytesFromBase64());

        JsonElement provider = Assert.Single((await js.CallAsync("findProviders", new { multihash = ProviderKey }, Stop)).GetProperty("providers").EnumerateArray());
        Assert.Equal(node.Peer.Id.ToString(), provider.Text("id"));
        Assert.Equal(node.Peer.Addresses[0].WithoutPeer().ToString(), provider.GetProperty("addrs")[0].GetString());

        // Who meets the js peer alone learns of the node from it alone.
        await node.Peer.DisposeAsync();
        DiscoveryNode late = await group.StartAsync();
        await MeetAsync(late, js);
        late.Directory.Follow(DiscoveryGroup.Model);
        await late.Directory.RefreshAsync(Stop);
        KnownNode known = Assert.Single(late.Directory.Snapshot.Nodes);
        Assert.Equal(node.Id, known.Record.Node);
        Assert.Equal([DiscoveryGroup.Served(0, 8)], known.Record.Served);
        Assert.NotNull(known.UnreachableSince);
    }

    [Fact]
    public async Task WhatDoesNotCount_IsRefusedThere()
    {
        await using JsPeer js = await StartJsAsync();
        await using DiscoveryGroup group = new(overTcp: true);
        DiscoveryNode node = await group.StartAsync();
        await MeetAsync(node, js);
        byte[] key = CapabilityRecord.KeyOf(node.Peer.Id);
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        CapabilityRecord good = new("testnet", node.Id, now, now + 250_000, [], [DiscoveryGroup.Served(0, 8)]);
        byte[] envelope = good.Seal(node.Identity);
        byte[] changed = [.. envelope];
        changed[^1] ^= 1;
        using Identity stranger = Identity.Generate();
        byte[] foreign = (good with { Node = stranger.PeerId.NodeIdOf() }).Seal(stranger);

        // A node that would put anything, to see what js says.
        KadOptions gullible = CapabilityDht.Options(isServer: false) with
        {
            Validators = System.Collections.Immutable.ImmutableDictionary<string, IRecordValidator>.Empty.Add(CapabilityDht.Namespace, new Gullible()),
        };
        await using KadDht dht = new(node.Peer, gullible, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        await DiscoveryGroup.UntilAsync(() => dht.RoutingTableCount == 1);
        Assert.Equal(1, await dht.PutAsync(key, changed, Stop));
        Assert.Equal(1, await dht.PutAsync(key, foreign, Stop));
        Assert.Equal(1, await dht.PutAsync(key, (good with { ExpiresUnixMs = now }).Seal(node.Identity), Stop));
        Assert.Equal(1, await dht.PutAsync(key, (good with { ExpiresUnixMs = now + 1_000_000 }).Seal(node.Identity), Stop));
        Assert.Equal(2, await dht.PutAsync(key, envelope, Stop));

        // js validates, but takes an older record for a newer one (js-libp2p 3.3): whoever gets both puts that right.
        byte[] older = (good with { Sequence = now - 1 }).Seal(node.Identity);
        Assert.Equal(2, await dht.PutAsync(key, older, Stop));
        await node.Dht.PutAsync(key, envelope, Stop);
        DiscoveryNode reader = await group.StartAsync(node);
        await MeetAsync(reader, js);
        Assert.Equal(envelope, await reader.Dht.GetAsync(key, Stop));
    }

    private sealed class Gullible : IRecordValidator
    {
        public bool Validate(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, DateTimeOffset now) => true;

        public int SelectBest(ReadOnlySpan<byte> key, IReadOnlyList<ReadOnlyMemory<byte>> values) => values.Count - 1;
    }
}

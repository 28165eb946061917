using System.Text.Json;
using Aria.EndToEnd.Tests.Testnets;
using Aria.Testing;
using Aria.Testing.Interop;

namespace Aria.EndToEnd.Tests;

/// <summary>A libp2p peer of another make in the testnet's hash table: it knows one address and reads what the nodes say of themselves.</summary>
public sealed class InteropTests(SharedTestnet shared)
{
    [Fact]
    public async Task JsPeer_FindsTheModelsProviders_AndReadsTheirRecords()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;

        // It judges every record that it is given by tests/interop/capability.mjs, which was written from the specification alone.
        await using JsPeer js = await JsPeer.StartAsync(
            stop, "--client", "--validator", Path.Combine(Fixtures.RepositoryRoot, "tests", "interop", "capability.mjs"));
        RunningTestnet testnet = await shared.GetAsync();
        await js.CallAsync("dial", new { addr = testnet.Gateway.GetProperty("address").GetString() }, stop);
        await js.WaitForTableAsync(1, stop);

        string multihash = "1220" + testnet.Testnet.GetProperty("model_id").GetString();
        string[] expected = [.. testnet.Nodes.Select(node => node.GetProperty("peer_id").GetString()!).Order(StringComparer.Ordinal)];
        HashSet<string> found = [];
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(AriaHome.Patience);
        while (found.Count < expected.Length)
        {
            JsonElement answer = await js.CallAsync("findProviders", new { multihash }, patience.Token);
            found.UnionWith(answer.GetProperty("providers").EnumerateArray().Select(provider => provider.GetProperty("id").GetString()!));
        }

        Assert.Equal(expected, found.Order(StringComparer.Ordinal));
        foreach (string peer in expected)
        {
            JsonElement record = await js.CallAsync("get", new { key = $"/aria/node/{peer}" }, stop);
            Assert.Contains("aria-tiny", record.GetProperty("value").GetString(), StringComparison.Ordinal);
        }
    }
}

using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Aria.Discovery;
using Aria.Gateway.Dht;
using Aria.Gateway.Tests.Network;

namespace Aria.Gateway.Tests.Endpoints;

/// <summary>The hash table, asked through the gateway.</summary>
public sealed class DhtEndpointsTests(TestNetwork network)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static KnownNode Stage(TestGateway gateway) => gateway.Node.Directory.Snapshot.Nodes.First(known => known.Record.Served.Length > 0);

    private static string KeyOf(KnownNode node) => Encoding.ASCII.GetString(CapabilityRecord.KeyOf(node.Record.Node.PeerIdOf()));

    private static async Task<JsonElement> PutAsync(TestGateway gateway, object body, string? token, int status)
    {
        (int found, string text) = await PutAsync(gateway, body, token);
        Assert.True(status == found, text);
        return JsonDocument.Parse(text).RootElement;
    }

    private static async Task<(int Status, string Text)> PutAsync(TestGateway gateway, object body, string? token)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/aria/dht/value") { Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json") };
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using HttpResponseMessage response = await gateway.Client.SendAsync(request, Stop);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Stop));
    }

    // The node may tell something newer between the two, and what it told before is then refused.
    private static async Task<JsonElement> GetAndPutAsync(TestGateway gateway, string key)
    {
        for (int attempt = 1; ; attempt++)
        {
            JsonElement got = await gateway.GetAsync($"/v1/aria/dht/value?key={Uri.EscapeDataString(key)}");
            (int status, string text) = await PutAsync(gateway, new { key, value_base64 = got.GetProperty("value_base64").GetString() }, TestGateway.Token);
            if (status == 200)
            {
                return JsonDocument.Parse(text).RootElement;
            }

            Assert.True(attempt < 20 && text.Contains("better value", StringComparison.Ordinal), text);
        }
    }

    [Fact]
    public async Task AValue_IsGot_Decoded_AndTraced()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        KnownNode stage = Stage(gateway);
        JsonElement answer = await gateway.GetAsync($"/v1/aria/dht/value?key={Uri.EscapeDataString(KeyOf(stage))}&trace=true");
        Assert.Equal(("aria.dht/1", "get", KeyOf(stage), true), (
            answer.GetProperty("schema").GetString(), answer.GetProperty("operation").GetString(), answer.GetProperty("key").GetString(), answer.GetProperty("found").GetBoolean()));
        byte[] value = answer.GetProperty("value_base64").GetBytesFromBase64();
        Assert.Equal(CapabilityStatus.Done, CapabilityRecord.TryOpen(CapabilityRecord.KeyOf(stage.Record.Node.PeerIdOf()), value, DateTimeOffset.UtcNow, out CapabilityRecord? record));
        Assert.Equal(stage.Record.Node.ToString(), answer.GetProperty("record").GetProperty("node").GetString());
        Assert.Equal(record!.Sequence, answer.GetProperty("record").GetProperty("sequence").GetInt64());
        JsonElement lookup = Assert.Single(answer.GetProperty("trace").EnumerateArray());
        Assert.Equal("GetValue", lookup.GetProperty("type").GetString());
        Assert.Equal(lookup.GetProperty("requests").GetInt32(), lookup.GetProperty("steps").GetArrayLength());
        Assert.Contains(lookup.GetProperty("steps").EnumerateArray(), step => step.GetProperty("outcome").GetString() == "answered" && step.GetProperty("record").GetBoolean());
    }

    [Fact]
    public async Task NothingUnderAKey_IsNoError()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        JsonElement answer = await gateway.GetAsync("/v1/aria/dht/value?key=/aria/node/12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5");
        Assert.False(answer.GetProperty("found").GetBoolean());
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("value_base64").ValueKind);
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("trace").ValueKind);
    }

    [Fact]
    public async Task PeersAndProviders_AreFound()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        string peer = Stage(gateway).Record.Node.PeerIdOf().ToString();
        JsonElement found = await gateway.GetAsync($"/v1/aria/dht/peer?id={peer}");
        Assert.Equal(peer, Assert.Single(found.GetProperty("peers").EnumerateArray()).GetProperty("peer").GetString());
        JsonElement providers = await gateway.GetAsync($"/v1/aria/dht/providers?key={network.Model.Id}&max=256");
        Assert.Contains(providers.GetProperty("peers").EnumerateArray(), one => one.GetProperty("peer").GetString() == peer);
        Assert.Equal("hex:1220" + network.Model.Id, providers.GetProperty("key").GetString());
        JsonElement closest = await gateway.GetAsync($"/v1/aria/dht/closest?key={peer}");
        JsonElement first = closest.GetProperty("peers")[0];
        Assert.Equal((peer, 256), (first.GetProperty("peer").GetString(), first.GetProperty("prefix_bits").GetInt32()));
    }

    [Fact]
    public async Task Putting_IsForTheOwner_AndForWhatTheNamespaceAllows()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        string key = KeyOf(Stage(gateway));
        JsonElement got = await gateway.GetAsync($"/v1/aria/dht/value?key={Uri.EscapeDataString(key)}");
        object body = new { key, value_base64 = got.GetProperty("value_base64").GetString() };
        Assert.Equal("owner_only", (await PutAsync(gateway, body, null, 401)).GetProperty("error").GetProperty("code").GetString());
        JsonElement put = await GetAndPutAsync(gateway, key);
        Assert.Equal(("put", key), (put.GetProperty("operation").GetString(), put.GetProperty("key").GetString()));
        Assert.True(put.GetProperty("holders").GetInt32() > 1);
        foreach ((string name, string value) in ((string, string)[])[(key, "AAAA"), ("/pk/x", "AAAA"), ("no namespace", "AAAA")])
        {
            JsonElement error = (await PutAsync(gateway, new { key = name, value_base64 = value }, TestGateway.Token, 400)).GetProperty("error");
            Assert.Equal("record_refused", error.GetProperty("code").GetString());
        }
    }

    [Theory]
    [InlineData("value", "missing_required_parameter")]
    [InlineData("value?key=hex:0", "invalid_value")]
    [InlineData("peer?id=nobody", "invalid_value")]
    [InlineData("providers?key=aria-tiny", "invalid_value")]
    [InlineData("closest?key=", "invalid_value")]
    public async Task WhatIsNoQuestion_IsRefused(string query, string code)
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        Assert.Equal(code, (await gateway.GetAsync($"/v1/aria/dht/{query}", 400)).GetProperty("error").GetProperty("code").GetString());
        using HttpResponseMessage wrong = await gateway.PostAsync("/v1/aria/dht/closest", "{}");
        Assert.Equal(405, (int)wrong.StatusCode);
    }
}

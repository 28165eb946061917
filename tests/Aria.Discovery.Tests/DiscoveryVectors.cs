using System.Text.Json;
using Aria.Libp2p;
using Aria.Testing;

namespace Aria.Discovery.Tests;

/// <summary>The known answers in specs/vectors/discovery/vectors.json, and the node that they are about.</summary>
internal static class DiscoveryVectors
{
    public static JsonElement Root { get; } = JsonDocument.Parse(
        File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "discovery", "vectors.json"))).RootElement;

    public static Identity Identity() => Libp2p.Identity.FromSeed(Root.Hex("seed"));

    public static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;

    public static byte[] Hex(this JsonElement element, string name) => Convert.FromHexString(element.Text(name));

    public static Digest DigestOf(this JsonElement element, string name) => new(element.Hex(name));

    public static int Int(this JsonElement element, string name) => element.GetProperty(name).GetInt32();

    public static CapabilityRecord Record(JsonElement json) => new(
        json.Text("network"),
        new(Root.DigestOf("node")),
        json.GetProperty("sequence").GetInt64(),
        json.GetProperty("expiresUnixMs").GetInt64(),
        [.. json.GetProperty("addresses").EnumerateArray().Select(address => Address(address.GetString()!))],
        [.. json.GetProperty("served").EnumerateArray().Select(Served)],
        json.GetProperty("consent").ValueKind == JsonValueKind.Null ? null : json.DigestOf("consent"),
        json.GetProperty("coordinate") is { ValueKind: JsonValueKind.Array } at
            ? new NetworkCoordinate(at[0].GetInt32(), at[1].GetInt32(), at[2].GetInt32(), at[3].GetUInt32(), at[4].GetUInt32())
            : null);

    private static Multiaddress Address(string hex) =>
        Multiaddress.TryParse(Convert.FromHexString(hex), out Multiaddress? address) ? address : throw new FormatException(hex);

    private static ServedModel Served(JsonElement json) => new(
        new(json.DigestOf("model")),
        json.Text("name"),
        json.Text("numericSpec"),
        json.Int("layers"),
        new(json.GetProperty("embedding").GetBoolean(), LayerRange.Of(json.Int("start"), json.Int("end")), json.GetProperty("head").GetBoolean()),
        new(json.GetProperty("overhead").GetInt64(), json.GetProperty("perLayer").GetInt64(), json.GetProperty("headCost").GetInt64()),
        json.Int("kvPositions"));
}

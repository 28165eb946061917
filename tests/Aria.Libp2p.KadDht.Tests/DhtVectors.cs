using System.Text.Json;
using Aria.Testing;

namespace Aria.Libp2p.KadDht.Tests;

/// <summary>The known answers in specs/vectors/dht/vectors.json.</summary>
internal static class DhtVectors
{
    private static readonly JsonElement Root = JsonDocument.Parse(
        File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "dht", "vectors.json"))).RootElement;

    public static JsonElement Section(string name) => Root.GetProperty(name);

    public static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;

    public static byte[] Hex(this JsonElement element, string name) => Convert.FromHexString(element.Text(name));
}

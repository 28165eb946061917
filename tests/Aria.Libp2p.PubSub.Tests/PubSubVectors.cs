using System.Text.Json;
using Aria.Testing;

namespace Aria.Libp2p.PubSub.Tests;

/// <summary>The known answers in specs/vectors/pubsub/vectors.json.</summary>
internal static class PubSubVectors
{
    private static readonly JsonElement Root = JsonDocument.Parse(
        File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "pubsub", "vectors.json"))).RootElement;

    public static JsonElement Message => Root.GetProperty("message");

    public static byte[] Frame => Root.Hex("frameWithSubscriptionAndMessage");

    public static byte[] Control(string name) => Root.GetProperty("control").Hex(name);

    public static IEnumerable<byte[]> Frames => [Frame, .. Root.GetProperty("control").EnumerateObject().Select(one => Convert.FromHexString(one.Value.GetString()!))];

    public static byte[] Hex(this JsonElement element, string name) => Convert.FromHexString(element.GetProperty(name).GetString()!);
}

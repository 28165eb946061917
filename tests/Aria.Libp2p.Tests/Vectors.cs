using System.Text.Json;
using Aria.Testing;

namespace Aria.Libp2p.Tests;

/// <summary>The known answers in specs/vectors/transport/vectors.json.</summary>
internal static class Vectors
{
    private static readonly JsonElement Root = JsonDocument.Parse(
        File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "transport", "vectors.json"))).RootElement;

    public static JsonElement Section(string name) => Root.GetProperty(name);

    public static string Text(string section, string name) => Root.GetProperty(section).GetProperty(name).GetString()!;

    public static byte[] Hex(string section, string name) => Convert.FromHexString(Text(section, name));

    /// <summary>The identity of the vectors' private key: type, length, seed, public key.</summary>
    public static Identity Identity() => Libp2p.Identity.FromSeed(Hex("identity", "privateKeyProtobuf").AsSpan(4, Libp2p.Identity.SeedBytes));
}

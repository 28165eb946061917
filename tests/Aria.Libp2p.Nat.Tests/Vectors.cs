using System.Text.Json;
using Aria.Testing;

namespace Aria.Libp2p.Nat.Tests;

/// <summary>The known answers in specs/vectors/nat/vectors.json.</summary>
internal static class Vectors
{
    private static readonly JsonElement Root = JsonDocument.Parse(
        File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "nat", "vectors.json"))).RootElement;

    public static JsonElement Section(string name) => Root.GetProperty(name);

    public static byte[] Hex(string section, string name) => Convert.FromHexString(Root.GetProperty(section).GetProperty(name).GetString()!);
}

using System.Text.Json;
using Aria.Testing;

namespace Aria.Pipeline.Tests;

/// <summary>specs/vectors/pipeline.</summary>
internal static class PipelineVectors
{
    public static IEnumerable<JsonElement> Read(string file, string list)
    {
        string path = Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "pipeline", file);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
        return [.. document.RootElement.GetProperty(list).EnumerateArray().Select(e => e.Clone())];
    }

    public static string Text(this JsonElement vector, string name) => vector.GetProperty(name).GetString()!;

    public static byte[] Hex(this JsonElement vector, string name) => Convert.FromHexString(vector.Text(name));

    public static int Int(this JsonElement vector, string name) => vector.GetProperty(name).GetInt32();

    public static int? OptionalInt(this JsonElement vector, string name) =>
        vector.GetProperty(name).ValueKind == JsonValueKind.Null ? null : vector.Int(name);
}

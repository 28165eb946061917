using System.Text.Json;
using Aria.Testing;

namespace Aria.Engine.Tests.Text;

/// <summary>The reference's prompts, ids and continuations for the default model.</summary>
internal static class Goldens
{
    public static JsonElement[] Cases =>
        [.. JsonDocument.Parse(File.ReadAllBytes(Fixtures.Path("data", "models", "default", "goldens.json"))).RootElement.GetProperty("cases").EnumerateArray()];
}

using System.Text.Json;
using Aria.Testing;

namespace Aria.Engine.Tests.Text;

/// <summary>specs/vectors/tokenizer, made by a second implementation in another language.</summary>
internal static class TokenizerVectors
{
    public static JsonElement[] Pairs(string file, string name) =>
        [.. JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "tokenizer", file)))
            .RootElement.GetProperty(name).EnumerateArray()];
}

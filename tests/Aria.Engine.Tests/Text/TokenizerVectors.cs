using System.Text.Json;
using Aria.Testing;

namespace Aria.Engine.Tests.Text;

/// <summary>specs/vectors/tokenizer, made by a second implementation in another language.</summary>
internal static class TokenizerVectors
{
    public static JsonElement Read(string file) =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "tokenizer", file))).RootElement;

    public static JsonElement[] Pairs(string file, string name) => [.. Read(file).GetProperty(name).EnumerateArray()];
}

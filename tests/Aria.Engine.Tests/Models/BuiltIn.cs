using Aria.Testing;

namespace Aria.Engine.Tests.Models;

/// <summary>The built-in model's file in the sources, and ways to change a copy of it.</summary>
internal static class BuiltIn
{
    public static string Path { get; } = System.IO.Path.Combine(Fixtures.RepositoryRoot, "src", "Aria.Engine", "Models", "BuiltIn", "aria-tiny.gguf");

    public static byte[] Bytes => (byte[])Read.Clone();

    private static byte[] Read => field ??= File.ReadAllBytes(Path);
}

using Aria.Testing;

namespace Aria.Architecture.Tests;

/// <summary>Specifications, their index and their vectors.</summary>
public class SpecificationTests
{
    private static readonly string Folder = Path.Combine(Fixtures.RepositoryRoot, "specs");

    private static string[] Specifications => [.. Directory.GetFiles(Folder, "*.md").Select(path => Path.GetFileName(path)!)];

    [Fact]
    public void TheProtocol_ListsEverySpecification()
    {
        string index = Path.Combine(Fixtures.RepositoryRoot, "PROTOCOL.md");
        Assert.SkipUnless(File.Exists(index), "there is no PROTOCOL.md yet");
        string text = File.ReadAllText(index);
        Assert.NotEmpty(Specifications);
        Assert.All(Specifications, name => Assert.Contains($"specs/{name}", text, StringComparison.Ordinal));
    }

    [Fact]
    public void VectorsThatASpecificationNames_Exist() =>
        Assert.All(Specifications, name =>
        {
            string text = File.ReadAllText(Path.Combine(Folder, name));
            string[] named =
            [
                .. text.Split('`').Where((_, i) => i % 2 == 1)
                    .Select(code => code.StartsWith("specs/", StringComparison.Ordinal) ? code["specs/".Length..] : code)
                    .Where(code => code.StartsWith("vectors/", StringComparison.Ordinal) && !code.AsSpan().ContainsAny("*{<… ")),
            ];
            Assert.All(named, path => Assert.True(Path.Exists(Path.Combine(Folder, path)), $"specs/{name} names {path}, which is absent"));
        });
}

using System.Xml.Linq;
using Aria.Testing;

namespace Aria.Architecture.Tests;

/// <summary>The project files against the map.</summary>
public class MapTests
{
    [Fact]
    public void ProjectReferences_AreTheArrowsOfTheMap()
    {
        IReadOnlyDictionary<string, IReadOnlyList<string>> map = Map.Read();
        Assert.NotEmpty(map);
        Assert.Equal(map.Keys.Order(StringComparer.Ordinal), Project.All.Select(project => project.Short).Order(StringComparer.Ordinal));
        Assert.All(Project.All, project => Assert.Equal(
            map[project.Short].Select(known => $"Aria.{known}").Order(StringComparer.Ordinal),
            project.References.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void NoCircle()
    {
        Dictionary<string, IReadOnlyList<string>> left = Project.All.ToDictionary(project => project.Name, project => project.References);
        while (left.Where(project => !project.Value.Any(left.ContainsKey)).Select(project => project.Key).ToArray() is { Length: > 0 } leaves)
        {
            Array.ForEach(leaves, leaf => left.Remove(leaf));
        }

        Assert.Empty(left.Keys);
    }

    [Fact]
    public void EveryProject_BearsThePrefixAndItsFoldersName() =>
        Assert.All(Project.All, project =>
        {
            Assert.StartsWith("Aria.", project.Name, StringComparison.Ordinal);
            Assert.Equal(Path.Combine(Project.Source, project.Name), project.Folder);
        });

    [Fact]
    public void EveryProject_HasATwinThatTestsIt() =>
        Assert.All(Project.All, project => Assert.Contains(
            project.Name,
            Project.ReferencesOf(XDocument.Load(
                Path.Combine(Fixtures.RepositoryRoot, "tests", $"{project.Name}.Tests", $"{project.Name}.Tests.csproj")))));

    [Fact]
    public void EveryProject_IsInTheSolution()
    {
        string solution = File.ReadAllText(Path.Combine(Fixtures.RepositoryRoot, "Aria.Network.sln"));
        string[] tests = Directory.GetFiles(Path.Combine(Fixtures.RepositoryRoot, "tests"), "*.csproj", SearchOption.AllDirectories);
        Assert.All(
            Project.All.Select(project => project.Name).Concat(tests.Select(path => Path.GetFileNameWithoutExtension(path)!)),
            name => Assert.Contains($"{name}.csproj\"", solution, StringComparison.Ordinal));
    }

    [Fact]
    public void Internals_AreSeenByTheTwinAndItsBenchmarksAlone() =>
        Assert.All(Project.All, project => Assert.Equal(project.Friends.Intersect([$"{project.Name}.Tests", $"{project.Name}.Benchmarks"]), project.Friends));
}

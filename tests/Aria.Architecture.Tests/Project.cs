using System.Xml.Linq;
using Aria.Testing;

namespace Aria.Architecture.Tests;

/// <summary>A project under src, as its files tell it.</summary>
internal sealed record Project(string Name, string Folder, string RootNamespace, IReadOnlyList<string> References, IReadOnlyList<string> Friends)
{
    public static string Source { get; } = Path.Combine(Fixtures.RepositoryRoot, "src");

    public static IReadOnlyList<Project> All { get; } =
        [.. Directory.GetFiles(Source, "*.csproj", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(Read)];

    /// <summary>The name without the prefix, as the map writes it.</summary>
    public string Short => Name["Aria.".Length..];

    public IEnumerable<SourceFile> Files =>
        Directory.GetFiles(Folder, "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(path => new SourceFile(this, Path.GetRelativePath(Folder, path), File.ReadAllText(path)));

    public static IEnumerable<string> ReferencesOf(XDocument project) =>
        project.Descendants("ProjectReference").Select(one => Path.GetFileNameWithoutExtension((string)one.Attribute("Include")!));

    private static Project Read(string path)
    {
        XDocument project = XDocument.Load(path);
        string name = Path.GetFileNameWithoutExtension(path);
        return new(
            name,
            Path.GetDirectoryName(path)!,
            (string?)project.Descendants("RootNamespace").SingleOrDefault() ?? name,
            [.. ReferencesOf(project)],
            [.. project.Descendants("InternalsVisibleTo").Select(one => (string)one.Attribute("Include")!)]);
    }
}

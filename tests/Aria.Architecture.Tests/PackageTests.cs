using System.Reflection.PortableExecutable;
using System.Xml.Linq;
using Aria.Testing;

namespace Aria.Architecture.Tests;

/// <summary>The libp2p projects as packages of their own.</summary>
public class PackageTests
{
    public static TheoryData<string> Packages => [.. Project.All.Select(project => project.Name).Where(name => name.StartsWith("Aria.Libp2p", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Packages))]
    public void Assembly_RunsOnEveryProcessor_AndBringsItsDocumentation(string name)
    {
        string configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        string folder = Path.Combine(Fixtures.RepositoryRoot, "artifacts", "bin", name, configuration);
        using PEReader assembly = new(File.OpenRead(Path.Combine(folder, $"{name}.dll")));
        Assert.Equal((Machine.I386, PEMagic.PE32, CorFlags.ILOnly), (assembly.PEHeaders.CoffHeader.Machine, assembly.PEHeaders.PEHeader!.Magic, assembly.PEHeaders.CorHeader!.Flags));     // what "any CPU" looks like
        Assert.NotEmpty(XDocument.Load(Path.Combine(folder, $"{name}.xml")).Descendants("summary"));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Package_SaysWhatItIs(string name)
    {
        string folder = Path.Combine(Project.Source, name);
        XDocument project = XDocument.Load(Path.Combine(folder, $"{name}.csproj"));
        Assert.NotEmpty(project.Descendants("Description").Single().Value);
        Assert.Contains("libp2p", project.Descendants("PackageTags").Single().Value, StringComparison.Ordinal);
        Assert.Contains(project.Descendants("None"), item => (string?)item.Attribute("Include") == "README.md" && (string?)item.Attribute("Pack") == "true");
        Assert.StartsWith($"# {name}\n", File.ReadAllText(Path.Combine(folder, "README.md")).ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }
}

using System.Text;
using Aria.Testing;

namespace Aria.Libp2p.Nat.Tests;

/// <summary>The README's sample: what stands there is what is compiled and run here.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public async Task TheSample_StandsInTheReadme_AndGreets()
    {
        Assert.Equal("hello", await RunAsync());
        string readme = File.ReadAllText(Path.Combine(Fixtures.RepositoryRoot, "src", "Aria.Libp2p.Nat", "README.md"));
        string here = File.ReadAllText(Path.Combine(Fixtures.RepositoryRoot, "tests", "Aria.Libp2p.Nat.Tests", "ReadmeSample.cs"));
        string[] lines = [.. readme.Split("```csharp")[1].Split("```")[0].Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)];
        Assert.True(lines.Length > 15);
        Assert.All(lines, line => Assert.Contains(line, here, StringComparison.Ordinal));
    }

    private static async Task<string> RunAsync() => Encoding.ASCII.GetString(await ReadmeSample.RunAsync());
}

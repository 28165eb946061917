using Xunit;

namespace Aria.Testing;

/// <summary>Test data outside the repository, under the folder that ARIA_FIXTURES names.</summary>
public static class Fixtures
{
    /// <summary>The path of a fixture; skips the test, by name, where it is absent.</summary>
    public static string Path(params ReadOnlySpan<string> parts)
    {
        string? root = Environment.GetEnvironmentVariable("ARIA_FIXTURES");
        string path = System.IO.Path.Combine([root ?? "", .. parts]);
        Assert.SkipUnless(root is not null && File.Exists(path), $"ARIA_FIXTURES holds no {string.Join('/', parts.ToArray())}");
        return path;
    }

    /// <summary>The repository's root: the nearest folder above the test's binary that holds the solution.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(at.FullName, "Aria.Network.sln")))
            {
                return at.FullName;
            }
        }

        throw new DirectoryNotFoundException("No Aria.Network.sln above the test's binary.");
    }
}

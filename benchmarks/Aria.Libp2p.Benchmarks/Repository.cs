namespace Aria.Libp2p.Benchmarks;

/// <summary>The checkout that the program was built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string folder)
    {
        while (!File.Exists(Path.Combine(folder, "Aria.Network.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The program does not lie in a checkout.");
        }

        return folder;
    }
}

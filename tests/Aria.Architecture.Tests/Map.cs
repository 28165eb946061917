using Aria.Testing;

namespace Aria.Architecture.Tests;

/// <summary>The picture under "Projects and arrows" in ARCHITECTURE.md: for each project those it knows, short names.</summary>
internal static class Map
{
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Read()
    {
        string[] lines = File.ReadAllLines(Path.Combine(Fixtures.RepositoryRoot, "ARCHITECTURE.md"));
        IEnumerable<string> arrows = lines
            .SkipWhile(line => line != "## Projects and arrows")
            .SkipWhile(line => !line.StartsWith("```", StringComparison.Ordinal)).Skip(1)
            .TakeWhile(line => !line.StartsWith("```", StringComparison.Ordinal));
        Dictionary<string, IReadOnlyList<string>> map = [];
        foreach (string[] sides in arrows.Select(line => line.Split('→')).Where(sides => sides.Length == 2))
        {
            string[] known = Names(sides[1].TrimStart().Split("  ")[0]);    // what follows two spaces is a remark
            foreach (string project in Names(sides[0]))
            {
                map.Add(project, known);
            }
        }

        // Who only stands on the right knows nobody.
        foreach (string project in map.Values.SelectMany(known => known).Except(map.Keys).ToArray())
        {
            map.Add(project, []);
        }

        return map;
    }

    private static string[] Names(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

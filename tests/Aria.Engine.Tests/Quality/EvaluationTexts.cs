using System.Text.Json;
using Aria.Testing;

namespace Aria.Engine.Tests.Quality;

/// <summary>Texts of four public evaluation sets, always the same.</summary>
internal static class EvaluationTexts
{
    private const int Sums = 8;         // a text
    private const int Paragraph = 300;  // characters of one that counts

    /// <summary>The first of each set; most are stories, which is what small models know.</summary>
    public static IEnumerable<string> Take(int stories, int others) =>
    [
        .. Lines("lambada_openai.jsonl").Take(stories).Select(line => Member(line, "context")),
        .. Lines("arc_easy.jsonl").Take(others).Select(line => Member(line, "query")),
        .. Lines("simple_arithmetic_withspaces.jsonl").Take(Sums * others).Chunk(Sums).Select(sums => string.Join('\n', sums.Select(line => Member(line, "context") + Member(line, "continuation")))),
        .. Lines("wikitext2-test.txt").Select(line => line.Trim()).Where(line => line.Length > Paragraph).Take(others),
    ];

    private static IEnumerable<string> Lines(string name) => File.ReadLines(Fixtures.Path("data", "eval", name));

    private static string Member(string line, string name)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        return document.RootElement.GetProperty(name).GetString()!;
    }
}

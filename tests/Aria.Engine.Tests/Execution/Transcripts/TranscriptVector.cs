using System.Text.Json;
using Aria.Testing;

namespace Aria.Engine.Tests.Execution.Transcripts;

/// <summary>The golden transcript (specs/numerics.md §8).</summary>
internal static class TranscriptVector
{
    private static readonly JsonElement Vector = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "transcript.json"))).RootElement;

    public static string Folder => Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "numerics");

    public static string NumericSpec => Vector.GetProperty("numeric_spec").GetString()!;

    public static uint[] Tokens => [.. Vector.GetProperty("tokens").EnumerateArray().Select(token => token.GetUInt32())];

    public static int Candidates => Vector.GetProperty("candidates").GetInt32();

    public static string Digest => Vector.GetProperty("digest").GetString()!;

    /// <summary>Of each position alone.</summary>
    public static IEnumerable<string> Positions => Vector.GetProperty("positions").EnumerateArray().Select(digest => digest.GetString()!);
}

using System.Text.RegularExpressions;
using Aria.Engine.Models;
using Aria.Engine.Text;
using CsCheck;

namespace Aria.Engine.Tests.Text;

public partial class PreTokenizerTests
{
    private const string Gpt2Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private const string Llama3Pattern =
        @"'[sSſ]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string CaseAwarePattern =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
        + @"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string PunctuationPattern = @"[\p{P}$+<=>^~|`]+";

    public static TheoryData<string, string[]> Patterns => new()
    {
        { "gpt-2", [Gpt2Pattern] },
        { "llama-bpe", [Llama3Pattern] },
        { "falcon", [PunctuationPattern, Gpt2Pattern, "[0-9][0-9][0-9]"] },
        { "falcon_e", [PunctuationPattern, CaseAwarePattern, "[0-9]"] },
    };

    private static string[] Split(string name, string text)
    {
        List<int> ends = [];
        PreTokenizer.Of(name).Split(text, ends);
        return [.. ends.Select((end, i) => text[(i == 0 ? 0 : ends[i - 1])..end])];
    }

    // Each pattern cuts every piece of the one before into its matches and what is between them.
    private static IEnumerable<string> ByRegex(string text, string[] patterns) =>
        patterns.Aggregate((IEnumerable<string>)[text], (pieces, pattern) => pieces.SelectMany(piece => Cut(piece, pattern)));

    private static IEnumerable<string> Cut(string piece, string pattern)
    {
        int at = 0;
        foreach (Match match in Regex.Matches(piece, pattern, RegexOptions.CultureInvariant))
        {
            if (match.Index > at)
            {
                yield return piece[at..match.Index];
            }

            yield return match.Value;
            at = match.Index + match.Length;
        }

        if (at < piece.Length)
        {
            yield return piece[at..];
        }
    }

    [Fact]
    public void Gpt2sVectors_AreReproduced() =>
        Assert.All(TokenizerVectors.Pairs("gpt2-split.json", "split"), vector =>
            Assert.Equal(vector[1].EnumerateArray().Select(piece => piece.GetString()!), Split("gpt-2", vector[0].GetString()!)));

    [Fact]
    public void TheVectorsOfAllPatterns_AreReproduced() =>
        Assert.All(TokenizerVectors.Pairs("pre-tokenizers.json", "split"), vector =>
            Assert.Equal(vector[2].EnumerateArray().Select(piece => piece.GetString()!), Split(vector[0].GetString()!, vector[1].GetString()!)));

    [Theory]
    [MemberData(nameof(Patterns))]
    public void WithinTheBasicPlane_ARegexAgrees(string name, string[] patterns) =>
        Texts.BasicPlane.Sample(text => Assert.Equal(ByRegex(text, patterns), Split(name, text)), iter: 20_000);

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Pieces_JoinToTheText(string name, string[] patterns)
    {
        Assert.NotEmpty(patterns);
        Texts.AnyUtf16.Sample(text => Assert.Equal(text, string.Concat(Split(name, text))), iter: 5_000);
    }

    [Fact]
    public void LettersBeyondTheBasicPlane_AreLetters()
    {
        Assert.Equal([" 𐐀𐐩", "𐐀"[..0] + "!"], Split("gpt-2", " 𐐀𐐩!"));
        Assert.Equal(["𐐀𐐩", "𐐀𐐩"], Split("falcon_e", "𐐀𐐩𐐀𐐩"));      // upper and lower case, from another plane
    }

    [Fact]
    public void UnknownNames_AreRefused()
    {
        Assert.Contains("'qwen2'", Assert.Throws<ModelFormatException>(() => PreTokenizer.Of("qwen2")).Message, StringComparison.Ordinal);
        Assert.Contains("does not name", Assert.Throws<ModelFormatException>(() => PreTokenizer.Of(null)).Message, StringComparison.Ordinal);
    }
}

using System.Text.RegularExpressions;
using Aria.Engine.Text;
using CsCheck;

namespace Aria.Engine.Tests.Text;

public partial class Gpt2SplitTests
{
    private static string[] Split(string text)
    {
        List<string> pieces = [];
        Gpt2Split split = new(text);
        while (split.TryNext(out ReadOnlySpan<char> piece))
        {
            pieces.Add(piece.ToString());
        }

        return [.. pieces];
    }

    [Fact]
    public void Vectors_AreReproduced() =>
        Assert.All(TokenizerVectors.Pairs("gpt2-split.json", "split"), vector =>
            Assert.Equal(vector[1].EnumerateArray().Select(piece => piece.GetString()!), Split(vector[0].GetString()!)));

    [Fact]
    public void WithinTheBasicPlane_ItIsGpt2sPattern() =>
        Texts.BasicPlane.Sample(
            text => Assert.Equal(Gpt2().Matches(text).Select(match => match.Value), Split(text)),
            iter: 20_000);

    [Fact]
    public void Pieces_JoinToTheText() => Texts.AnyUtf16.Sample(text => Assert.Equal(text, string.Concat(Split(text))), iter: 20_000);

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    private static partial Regex Gpt2();
}

using Aria.Engine.Models;
using Aria.Engine.Text;

namespace Aria.Engine.Tests.Text;

public class VocabularyTests
{
    private static readonly string[] Bytes = [.. Enumerable.Range(0, 256).Select(b => ByteAlphabet.Spell((byte)b).ToString())];
    private static readonly string[] Tokens = ["<|bos|>", .. Bytes, "ab", "abc", "→"];
    private static readonly int[] Types = [3, .. Enumerable.Repeat(1, 259)];

    private static Vocabulary Of(string[] tokens, int[] types, params string[] merges) => new(tokens, types, merges, 0, [0]);

    private static string Refusal(string[] tokens, int[] types, params string[] merges) =>
        Assert.Throws<ModelFormatException>(() => Of(tokens, types, merges)).Message;

    [Fact]
    public void TheAlphabet_SpellsEveryByteDifferently()
    {
        Assert.Equal(256, Bytes.Distinct().Count());
        Assert.Equal("ĠĊAé", string.Concat(Bytes[' '], Bytes['\n'], Bytes['A'], Bytes[0xe9]));
        Assert.Equal(Enumerable.Range(0, 256).Select(b => (byte)b), ByteAlphabet.Bytes(string.Concat(Bytes)));
        Assert.Equal("\u0143", Bytes[0xad]);
    }

    [Fact]
    public void AGoodVocabulary_IsRead()
    {
        Vocabulary vocabulary = Of(Tokens, Types, "a b", "ab c");
        Assert.Equal("abc"u8.ToArray(), vocabulary.BytesOf(258));
        Assert.Equal("→"u8.ToArray(), vocabulary.BytesOf(259));
        Assert.Equal([], vocabulary.BytesOf(0));
        Assert.Equal(new(1, 258), vocabulary.Merges[(257, 1 + 'c')]);
        Assert.True(vocabulary.TryControl("<|bos|>", out uint bos) && bos == 0);
        Assert.False(vocabulary.TryControl("ab", out _));
        Assert.False(vocabulary.TryControl("<|eos|>", out _));
    }

    [Fact]
    public void BadVocabularies_AreRefused_SayingWhy()
    {
        Assert.Contains("0 tokens", Refusal([], []), StringComparison.Ordinal);
        Assert.Contains("259 token types", Refusal(Tokens, Types[1..]), StringComparison.Ordinal);
        Assert.Contains("257 and 260 are both 'ab'", Refusal([.. Tokens, "ab"], [.. Types, 1]), StringComparison.Ordinal);
        Assert.Contains("byte 0xff", Refusal([.. Tokens.Where(token => token != Bytes[255])], Types[1..]), StringComparison.Ordinal);
        Assert.Contains("byte 0x00", Refusal(Tokens, [3, 3, .. Types[2..]]), StringComparison.Ordinal);
        Assert.Contains("token 300 is not", Assert.Throws<ModelFormatException>(() => new Vocabulary(Tokens, Types, [], 300, [])).Message, StringComparison.Ordinal);
        Assert.Contains("token 301 is not", Assert.Throws<ModelFormatException>(() => new Vocabulary(Tokens, Types, [], 0, [301])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("ab")]
    [InlineData(" ab")]
    [InlineData("ab ")]
    [InlineData("a c")]
    [InlineData("x ab")]
    [InlineData("a b c")]
    [InlineData("<|bos|> a")]
    public void BadMerges_AreRefused(string merge) => Assert.Contains("Merge 1, ", Refusal(Tokens, Types, "a b", merge), StringComparison.Ordinal);

    [Fact]
    public void AMergeIntoAControlToken_IsRefused() =>
        Assert.Contains("Merge 0", Refusal(Tokens, [.. Types[..257], 3, 1, 1], "a b"), StringComparison.Ordinal);

    [Fact]
    public void AMergeGivenTwice_IsRefused() => Assert.Contains("stands twice", Refusal(Tokens, Types, "a b", "a b"), StringComparison.Ordinal);
}

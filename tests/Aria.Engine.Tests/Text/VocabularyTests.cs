using Aria.Engine.Models;
using Aria.Engine.Text;

namespace Aria.Engine.Tests.Text;

public class VocabularyTests
{
    private static readonly string[] Bytes = [.. Enumerable.Range(0, 256).Select(b => ByteAlphabet.Spell((byte)b).ToString())];
    private static readonly string[] Tokens = ["<|bos|>", .. Bytes, "ab", "abc", "→"];
    private static readonly int[] Types = [3, .. Enumerable.Repeat(1, 259)];

    private static TokenizerMetadata Metadata(string[] tokens, int[] types, params string[] merges) => new()
    {
        Model = "gpt2",
        Pre = "gpt-2",
        Tokens = tokens,
        TokenTypes = types,
        Merges = merges,
        BeginOfSequence = 0,
        EndOfSequence = 0,
    };

    private static string Refusal(TokenizerMetadata metadata) => Assert.Throws<ModelFormatException>(() => Tokenizer.Of(metadata)).Message;

    private static string Refusal(string[] tokens, int[] types, params string[] merges) => Refusal(Metadata(tokens, types, merges));

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
        Tokenizer tokenizer = Tokenizer.Of(Metadata(Tokens, Types, "a b", "ab c"));
        Assert.Equal("abc"u8, tokenizer.BytesOf(258));
        Assert.Equal("→"u8, tokenizer.BytesOf(259));
        Assert.Equal(""u8, tokenizer.BytesOf(0));
        Assert.Equal([258u, 257u], tokenizer.Encode("abcab"));
        Assert.True(tokenizer.TryControl("<|bos|>", out uint bos) && bos == 0);
        Assert.False(tokenizer.TryControl("ab", out _));
        Assert.False(tokenizer.TryControl("<|eos|>", out _));
        Assert.Equal([0u], tokenizer.EndTokens);
    }

    [Fact]
    public void TokensThatEndATurn_AreKnownByName_IfTheyAreControlTokens()
    {
        TokenizerMetadata metadata = Metadata([.. Tokens, "<|eot_id|>", "<|im_end|>"], [.. Types, 3, 1]) with { EndOfTurn = 258 };
        Assert.Equal([0u, 258u, 260u], Tokenizer.Of(metadata).EndTokens.Order());
    }

    [Fact]
    public void AddedTokens_AreFoundFirst_TheLongestOfThem()
    {
        Tokenizer tokenizer = Tokenizer.Of(Metadata([.. Tokens, "b  ", "b   ", "<|user|>"], [.. Types, 4, 4, 4], "a b"));
        uint a = 1 + 'a', c = 1 + 'c', space = 1 + ' ';
        Assert.Equal([a, 261u, c], tokenizer.Encode("ab   c"));
        Assert.Equal([a, 260u, c], tokenizer.Encode("ab  c"));
        Assert.Equal([257u, space, c], tokenizer.Encode("ab c"));
        Assert.Equal("ab  c", tokenizer.Decode(tokenizer.Encode("ab  c")));
        Assert.DoesNotContain(262u, tokenizer.Encode("<|user|>"));      // a marker that a converter wrote as an added token
        Assert.True(tokenizer.TryControl("<|user|>", out _));
    }

    [Fact]
    public void ABinaryByteWithoutAToken_IsLeftOut()
    {
        Tokenizer tokenizer = Tokenizer.Of(Metadata([.. Tokens.Where(token => token != Bytes[3])], Types[1..], "a b"));
        Assert.Equal("ab", tokenizer.Decode(tokenizer.Encode("a\u0003b")));
    }

    [Fact]
    public void BadVocabularies_AreRefused_SayingWhy()
    {
        Assert.Contains("0 tokens", Refusal([], []), StringComparison.Ordinal);
        Assert.Contains("259 token types", Refusal(Tokens, Types[1..]), StringComparison.Ordinal);
        Assert.Contains("257 and 260 are both 'ab'", Refusal([.. Tokens, "ab"], [.. Types, 1]), StringComparison.Ordinal);
        Assert.Contains("byte 0x7e", Refusal([.. Tokens.Where(token => token != "~")], Types[1..]), StringComparison.Ordinal);
        Assert.Contains("byte 0x0a", Refusal(Tokens, [.. Types[..11], 3, .. Types[12..]]), StringComparison.Ordinal);
        Assert.Contains("token 300 is not", Refusal(Metadata(Tokens, Types) with { BeginOfSequence = 300 }), StringComparison.Ordinal);
        Assert.Contains("token 301 is not", Refusal(Metadata(Tokens, Types) with { EndOfSequence = 301 }), StringComparison.Ordinal);
        Assert.Contains("no begin-of-sequence", Refusal(Metadata(Tokens, Types) with { BeginOfSequence = null }), StringComparison.Ordinal);
        Assert.Contains("no merges", Refusal(Metadata(Tokens, Types) with { Merges = null }), StringComparison.Ordinal);
        Assert.Contains("'bert' is not known", Refusal(Metadata(Tokens, Types) with { Model = "bert" }), StringComparison.Ordinal);
        Assert.Contains("'qwen2' is not known", Refusal(Metadata(Tokens, Types) with { Pre = "qwen2" }), StringComparison.Ordinal);
        Assert.Contains("unknown type 7", Refusal(Tokens, [.. Types[..259], 7]), StringComparison.Ordinal);
        Assert.Contains("257 characters", Refusal([.. Tokens, new string('x', 257)], [.. Types, 4]), StringComparison.Ordinal);
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

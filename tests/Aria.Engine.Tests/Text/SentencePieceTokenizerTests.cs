using System.Text;
using System.Text.Json;
using Aria.Engine.Models;
using Aria.Engine.Text;
using CsCheck;

namespace Aria.Engine.Tests.Text;

public class SentencePieceTokenizerTests
{
    private static readonly string[] Tokens =
        ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"), "▁", "a", "b", "c", "ab", "▁a", "bc", "<b>", "ac", "cb"];

    private const uint Bytes = 3, Space = 259, A = 260, B = 261, C = 262, Ab = 263, SpaceA = 264, Bc = 265, Added = 266;

    private static TokenizerMetadata Metadata { get; } = new()
    {
        Model = "llama",
        Tokens = Tokens,
        TokenTypes = [2, 3, 3, .. Enumerable.Repeat(6, 256), 1, 1, 1, 1, 1, 1, 1, 4, 5, 2],
        Scores = [.. Enumerable.Repeat(0f, 259), -1, -2, -3, -4, -20, -30, -10, 0, 0, 0],
        BeginOfSequence = 1,
        EndOfSequence = 2,
        Unknown = 0,
    };

    private readonly Tokenizer _small = Tokenizer.Of(Metadata);

    private static string Refusal(TokenizerMetadata metadata) => Assert.Throws<ModelFormatException>(() => Tokenizer.Of(metadata)).Message;

    [Fact]
    public void TheHighestScore_IsMergedFirst() => Assert.Equal([SpaceA, Bc], _small.Encode("abc"));     // bc −10, ab −20, ▁a −30

    [Fact]
    public void EqualScores_AreMergedFromTheLeft() =>
        Assert.Equal([Space, Ab, C], Tokenizer.Of(Metadata with { Scores = [.. Metadata.Scores!.Take(263), -10, -30, -10, 0, 0, 0] }).Encode("abc"));

    [Fact]
    public void WhatHasNoToken_BecomesItsBytes() =>
        Assert.Equal([Space, B, Bytes + 0xc3, Bytes + 0xa9, B], _small.Encode("béb"));

    [Fact]
    public void WithoutByteTokens_ItBecomesTheUnknown()
    {
        TokenizerMetadata metadata = Metadata with { TokenTypes = [2, 3, 3, .. Enumerable.Repeat(3, 256), .. Metadata.TokenTypes!.Skip(259)] };
        Assert.Equal([Space, B, 0, 0], Tokenizer.Of(metadata).Encode("bé"));
        Assert.Contains("byte 0x00", Refusal(metadata with { Unknown = null }), StringComparison.Ordinal);
    }

    [Fact]
    public void OneSpace_IsPutInFront_AndTakenAwayAgain()
    {
        Assert.Equal([Space, Space, B], _small.Encode(" b"));
        Assert.Equal(" b", _small.Decode(_small.Encode(" b")));
        Assert.Empty(_small.Encode(""));
        Tokenizer bare = Tokenizer.Of(Metadata with { AddSpacePrefix = false });
        Assert.Equal([Space, B], bare.Encode(" b"));
        Assert.Equal(" b", bare.Decode(bare.Encode(" b")));
        Assert.Equal(" b"u8, [.. _small.BytesOf(Space), .. _small.BytesOf(B)]);     // in a continuation the space is text
    }

    [Fact]
    public void AddedTokens_AreFoundFirst_AndControlTokensNever()
    {
        Assert.Equal([SpaceA, Added, B], _small.Encode("a<b>b"));
        uint[] ids = _small.Encode("<s></s><unk><0x0A>");
        Assert.DoesNotContain(ids, id => id <= 2);
        Assert.Equal("<s></s><unk><0x0A>", _small.Decode(ids));
    }

    [Fact]
    public void UnusedAndUnknownTokens_AreNeverMadeFromText()
    {
        Assert.Equal([SpaceA, C], _small.Encode("ac"));
        Assert.Equal([Space, C, B], _small.Encode("cb"));
        Assert.Equal("", _small.Decode([0, 1, 2, 267, 268]));
    }

    [Fact]
    public void BadVocabularies_AreRefused_SayingWhy()
    {
        Assert.Contains("no scores", Refusal(Metadata with { Scores = null }), StringComparison.Ordinal);
        Assert.Contains("268 scores", Refusal(Metadata with { Scores = [.. Metadata.Scores!.Skip(1)] }), StringComparison.Ordinal);
        Assert.Contains("268 scores", Refusal(Metadata with { Scores = [float.NaN, .. Metadata.Scores!.Skip(1)] }), StringComparison.Ordinal);
        Assert.Contains("removes white space", Refusal(Metadata with { RemoveExtraWhitespaces = true }), StringComparison.Ordinal);
        Assert.Contains("'<0xZZ>', has the type of a byte", Refusal(Metadata with { Tokens = [.. Tokens[..3], "<0xZZ>", .. Tokens[4..]] }), StringComparison.Ordinal);
        Assert.Contains("unknown token 999 is not", Refusal(Metadata with { Unknown = 999 }), StringComparison.Ordinal);
    }

    [Fact]
    public void ValidText_ComesBack()
    {
        Tokenizer llama2 = Vocabularies.Llama2;
        Texts.Valid.Sample(text => Assert.Equal(text.Replace('▁', ' '), llama2.Decode(llama2.Encode(text))), iter: 5_000);
    }

    [Fact]
    public void HalfCharacters_ComeBackAsReplacements()
    {
        Tokenizer llama2 = Vocabularies.Llama2;
        Texts.AnyUtf16.Sample(
            text => Assert.Equal(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('▁', ' '), llama2.Decode(llama2.Encode(text))),
            iter: 5_000);
    }

    [Fact]
    public void TheVectors_OfSentencePieceItself_AreReproduced()
    {
        JsonElement small = Vectors.GetProperty("small");
        Tokenizer tokenizer = Tokenizer.Of(new()
        {
            Model = "llama",
            Tokens = [.. small.GetProperty("tokens").EnumerateArray().Select(token => token.GetString()!)],
            TokenTypes = [.. small.GetProperty("types").EnumerateArray().Select(type => type.GetInt32())],
            Scores = [.. small.GetProperty("scores").EnumerateArray().Select(score => score.GetSingle())],
            BeginOfSequence = 1,
            EndOfSequence = 2,
            Unknown = 0,
        });
        Assert.All(small.GetProperty("cases").EnumerateArray(), one => AssertIds(one, tokenizer));
    }

    [Fact]
    public void ItsIdsForTheVocabularyOfLlama2_AreReproduced()
    {
        Tokenizer llama2 = Vocabularies.Llama2;
        Assert.All(Vectors.GetProperty("llama2").EnumerateArray(), one => AssertIds(one, llama2));
    }

    private static JsonElement Vectors { get; } = TokenizerVectors.Read("sentencepiece.json");

    private static void AssertIds(JsonElement one, Tokenizer tokenizer) =>
        Assert.Equal(one[1].EnumerateArray().Select(id => id.GetUInt32()), tokenizer.Encode(one[0].GetString()!));
}

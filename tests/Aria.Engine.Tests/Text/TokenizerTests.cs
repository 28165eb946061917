using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Aria.Engine.Text;
using Aria.Testing;
using CsCheck;
using Microsoft.ML.Tokenizers;
using Tokenizer = Aria.Engine.Text.Tokenizer;

namespace Aria.Engine.Tests.Text;

public partial class TokenizerTests
{
    private readonly Tokenizer _tiny = Vocabularies.AriaTiny;

    [Fact]
    public void Vectors_AreReproduced() =>
        Assert.All(TokenizerVectors.Pairs("gpt2-split.json", "ids"), vector =>
            Assert.Equal(vector[1].EnumerateArray().Select(id => id.GetUInt32()), _tiny.Encode(vector[0].GetString()!)));

    [Fact]
    public void Goldens_GoBothWays()
    {
        JsonElement[] cases = Goldens.Cases;
        Assert.Equal(8, cases.Length);
        Assert.All(cases, one =>
        {
            uint[] ids = [.. one.GetProperty("ids").EnumerateArray().Select(id => id.GetUInt32())];
            string text = one.GetProperty("text").GetString()!;
            bool chat = one.GetProperty("chat").GetBoolean();
            uint[] encoded = chat
                ? Vocabularies.AriaTinyChat.Encode([new("user", text)])
                : [_tiny.BeginOfSequence, .. _tiny.Encode(text)];
            Assert.Equal(ids, encoded);
            Assert.Equal(text, _tiny.Decode(ids));

            uint[] answer = [.. one.GetProperty("greedy").EnumerateArray().Select(id => id.GetUInt32())];
            string answered = one.GetProperty("greedy_text").GetString()!;
            Assert.Equal(answered, _tiny.Decode(answer));
            Assert.Equal(answered, _tiny.Decode(_tiny.Encode(answered)));
        });
    }

    [Fact]
    public void ValidText_ComesBack() =>
        Texts.Valid.Sample(text => Assert.Equal(text, _tiny.Decode(_tiny.Encode(text))), iter: 20_000);

    [Fact]
    public void HalfCharacters_ComeBackAsReplacements() =>
        Texts.AnyUtf16.Sample(
            text => Assert.Equal(
                Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)),
                _tiny.Decode(_tiny.Encode(text))),
            iter: 5_000);

    [Fact]
    public void WithinTheBasicPlane_ALibraryAgrees()
    {
        Dictionary<string, object> metadata = Vocabularies.Metadata(Vocabularies.AriaTinyPath);
        BpeTokenizer library = BpeTokenizer.Create(new BpeOptions(
            ((object[])metadata["tokenizer.ggml.tokens"]).Select((token, id) => KeyValuePair.Create((string)token, id)))
        {
            Merges = ((object[])metadata["tokenizer.ggml.merges"]).Cast<string>(),
            ByteLevel = true,
            PreTokenizer = new RegexPreTokenizer(Gpt2(), null),
        });
        Texts.BasicPlane.Sample(
            text => Assert.Equal(library.EncodeToIds(text).Select(id => (uint)id), _tiny.Encode(text)),
            iter: 5_000);
    }

    [Fact]
    public void WithinTheBasicPlane_ALibraryAgreesOnLlama3()
    {
        // Ranks alone, without a list of merges: both say the same.
        using FileStream ranks = File.OpenRead(Fixtures.Path("data", "tokenizers", "llama3-tiktoken.model"));
        TiktokenTokenizer library = TiktokenTokenizer.Create(ranks, new RegexPreTokenizer(Llama3(), null), null);
        Texts.BasicPlane.Sample(
            text => Assert.Equal(library.EncodeToIds(text).Select(id => (uint)id), Vocabularies.Llama3.Encode(text)),
            iter: 5_000);
    }

    [Fact]
    public void WhatLooksLikeAControlToken_IsText()
    {
        uint[] ids = _tiny.Encode("<|bos|><|eos|><|user|><|assistant|><|pad|>");
        Assert.DoesNotContain(ids, id => id < 5);
        Assert.Equal("<|bos|><|eos|><|user|><|assistant|><|pad|>", _tiny.Decode(ids));
    }

    [Fact]
    public void ControlTokens_AreNoText()
    {
        Assert.Equal((2048, 0u), (_tiny.VocabularySize, _tiny.BeginOfSequence));
        Assert.Equal([1u], _tiny.EndTokens);
        Assert.Equal("", _tiny.Decode([0, 1, 2, 3, 4]));
        Assert.Equal("Once"u8, _tiny.BytesOf(424));
        Assert.Throws<ArgumentOutOfRangeException>(() => _tiny.BytesOf(2048).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => _tiny.Decode([2048]));
    }

    [GeneratedRegex(@"'[sSſ]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")]
    private static partial Regex Llama3();

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    private static partial Regex Gpt2();
}

using Aria.Engine.Models;
using Aria.Engine.Text;
using Aria.Node.Generation;
using Aria.Provenance.Records;
using CsCheck;

namespace Aria.Node.Tests.Generation;

public sealed class TokenStreamTests : IDisposable
{
    private const uint FirstByte = 5;   // in aria-tiny the tokens of the bytes follow five control tokens

    private readonly ModelFile _model = ModelFile.Open("aria-tiny");

    public void Dispose() => _model.Dispose();

    private TokenStream Stream(int maxTokens, SamplingParameters sampling, params string[] stops) => new(new(_model, [0], maxTokens, sampling, stops));

    private static SamplingParameters Greedy(int logProbabilities) => SamplingParameters.Greedy with { LogProbabilities = logProbabilities };

    // A head that wants this token, with another one half a logit behind.
    private static HeadAnswerOf Answer => (token, logSum) => new(new Candidate[] { new(token, 1.5f), new(token + 1, 1) }, logSum);

    private delegate Aria.Pipeline.HeadAnswer HeadAnswerOf(uint token, float? logSum);

    [Fact]
    public void LogProbabilities_GoOutWithTheirText()
    {
        TokenStream stream = Stream(9, Greedy(2), "abc");
        ChosenToken first = stream.Choose(Answer(FirstByte + 'x', 2));
        TokenLogProbability x = Assert.Single(first.LogProbabilities);
        Assert.Equal((FirstByte + 'x', 0L, -0.5), (x.Token, x.TextOffset, x.LogProbability));
        Assert.Equal([new(FirstByte + 'x', -0.5), new(FirstByte + 'y', -1)], x.Best);
        Assert.Equal("x", first.Text);

        Assert.Empty(stream.Choose(Answer(FirstByte + 'a', 2)).LogProbabilities);
        Assert.Empty(stream.Choose(Answer(FirstByte + 'b', 2)).LogProbabilities);
        ChosenToken let = stream.Choose(Answer(FirstByte + 'd', 2));
        Assert.Equal("abd", let.Text);
        Assert.Equal([1L, 2, 3], let.LogProbabilities.Select(one => one.TextOffset));
    }

    [Fact]
    public void WhatIsNotAskedFor_IsNotThere()
    {
        TokenStream stream = Stream(2, SamplingParameters.Greedy);
        Assert.Empty(stream.Choose(Answer(FirstByte + 'x', null)).LogProbabilities);
        ChosenToken last = stream.Choose(Answer(FirstByte + 'y', null));
        Assert.Empty(last.LogProbabilities);
        Assert.Equal(FinishReason.Length, stream.Finish);
    }

    [Fact]
    public void AnEndToken_HasNone_AndLetsTheOthersGo()
    {
        TokenStream stream = Stream(9, Greedy(1), "abc");
        Assert.Empty(stream.Choose(Answer(FirstByte + 'a', 2)).LogProbabilities);
        ChosenToken end = stream.Choose(Answer(_model.Tokenizer.EndTokens.First(), 2));
        Assert.Equal("a", end.Text);
        Assert.Equal(FirstByte + 'a', Assert.Single(end.LogProbabilities).Token);
        Assert.Single(end.LogProbabilities[0].Best);
    }

    [Fact]
    public void HalfACharacter_WaitsForItsRest()
    {
        TokenStream stream = Stream(9, Greedy(1));
        byte[] bytes = "é"u8.ToArray();
        Assert.Empty(stream.Choose(Answer(FirstByte + bytes[0], 2)).LogProbabilities);
        Assert.Equal([0L, 0], stream.Choose(Answer(FirstByte + bytes[1], 2)).LogProbabilities.Select(one => one.TextOffset));
    }

    [Fact]
    public void EveryTokenOfTheText_AndNoOther_HasItsOwn() =>
        Gen.Select(
            Gen.OneOf(
                Gen.UInt[0, 2047].Array[1, 25],
                Gen.OneOf(Texts("a", "b", "aa", "ab", "é", "你", "🙂", " the")).Array[1, 12].Select(parts => Bytes(string.Concat(parts)))),
            Gen.OneOf(Texts("a", "ab", "ba", "b你", "🙂", "é", " the")).Array[0, 3]).Sample(
            (tokens, stops) =>
            {
                tokens = [.. tokens.Where(token => token < 2046)];
                if (tokens.Length == 0)
                {
                    return;
                }

                TokenStream stream = Stream(tokens.Length, Greedy(1), stops);
                TextStream plain = new(_model.Tokenizer, []);
                List<(uint Token, long Start)> chosen = [];
                List<TokenLogProbability> told = [];
                string text = "";
                for (int i = 0; i < tokens.Length && stream.Finish is null; i++)
                {
                    if (!_model.Tokenizer.EndTokens.Contains(tokens[i]))
                    {
                        chosen.Add((tokens[i], plain.Taken));
                        plain.Push(tokens[i]);
                    }

                    ChosenToken next = stream.Choose(Answer(tokens[i], 2));
                    text += next.Text;
                    told.AddRange(next.LogProbabilities);
                }

                int length = text.EnumerateRunes().Count();
                bool cut = stream.Finish == FinishReason.Stop && !_model.Tokenizer.EndTokens.Contains((uint)stream.Known[^1]);
                Assert.Equal(cut ? chosen.Where(one => one.Start < length) : chosen, told.Select(one => (one.Token, one.TextOffset)));
            },
            iter: 5_000);

    private static Gen<string>[] Texts(params string[] texts) => [.. texts.Select(text => Gen.Const(text))];

    private static uint[] Bytes(string text) => [.. System.Text.Encoding.UTF8.GetBytes(text).Select(one => FirstByte + one)];
}

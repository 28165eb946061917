using System.Text;
using Aria.Engine.Text;
using CsCheck;

namespace Aria.Engine.Tests.Text;

public class TextStreamTests
{
    private const uint FirstByte = 5;   // in aria-tiny the tokens of the bytes follow five control tokens

    private static readonly Gen<string[]> Stops = Texts.AnyOf("a", "ab", "aab", "ba", "\n\n", "é", "你", "\uFFFD", "🙂", "a🙂", " the").Array[0, 3];

    // Any tokens at all: most random ids are no UTF-8, those of texts are.
    private static readonly Gen<uint[]> Tokens = Gen.OneOf(
        Gen.UInt[0, 2047].Array[0, 30],
        Texts.AnyOf("a", "b", "aa", "ab", "\n", "é", "你", "🙂", "🙃", " the", " ").Array[0, 20].Select(parts => Vocabularies.AriaTiny.Encode(string.Concat(parts))),
        Texts.AnyOf("a", "b", "\n", "é", "你", "🙂", "🙃", "\uFFFD").Array[0, 20].Select(parts => ByteTokens(Encoding.UTF8.GetBytes(string.Concat(parts)))));

    private readonly Tokenizer _tiny = Vocabularies.AriaTiny;

    private static uint[] ByteTokens(byte[] bytes) => [.. bytes.Select(b => FirstByte + b)];

    private static (string Text, bool Stopped) Cut(string text, string[] stops)
    {
        (int At, int Length)[] met = [.. stops.Select(stop => (text.IndexOf(stop, StringComparison.Ordinal), stop.Length)).Where(one => one.Item1 >= 0)];
        return met.Length == 0 ? (text, false) : (text[..met.OrderBy(one => one.At + one.Length).ThenBy(one => one.At).First().At], true);
    }

    [Fact]
    public void Vectors_AreReproduced() =>
        Assert.All(TokenizerVectors.Pairs("text-stream.json", "streams"), vector =>
        {
            string[] stops = [.. vector[1].EnumerateArray().Select(stop => stop.GetString()!)];
            TextStream stream = new(_tiny, stops);
            string text = string.Concat(ByteTokens(Convert.FromHexString(vector[0].GetString()!)).Select(stream.Push)) + stream.Flush();
            Assert.Equal((vector[2].GetString(), vector[3].GetBoolean()), (text, stream.Stopped));
        });

    [Fact]
    public void WhatLeaves_IsTheWholeTextUpToTheFirstStop() =>
        Gen.Select(Tokens, Stops).Sample(
            (tokens, stops) =>
            {
                TextStream stream = new(_tiny, stops);
                string text = string.Concat(tokens.Select(stream.Push)) + stream.Flush();
                Assert.Equal(Cut(_tiny.Decode(tokens), stops), (text, stream.Stopped));
            },
            iter: 20_000);

    [Fact]
    public void EveryDelta_IsWholeCharacters_AndNoMoreIsHeldThanMustBe() =>
        Gen.Select(Tokens, Stops).Sample(
            (tokens, stops) =>
            {
                TextStream stream = new(_tiny, stops);
                string sent = "";
                for (int i = 0; i < tokens.Length && !stream.Stopped; i++)
                {
                    string delta = stream.Push(tokens[i]);
                    Assert.Equal(delta, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(delta)));
                    sent += delta;
                    string whole = _tiny.Decode(tokens.AsSpan(0, i + 1));
                    string held = stream.Stopped ? "" : whole[sent.Length..];
                    Assert.True(
                        held.TrimEnd('\uFFFD').Length == 0 || stops.Any(stop => IsHeldFor(stop, held)), $"'{held}' is held back for no stop");
                }
            },
            iter: 5_000);

    public static TheoryData<string> Others => ["gpt-2", "llama-2", "llama-3", "falcon"];

    private static Tokenizer Of(string name) => name switch
    {
        "gpt-2" => Vocabularies.Gpt2,
        "llama-2" => Vocabularies.Llama2,
        "llama-3" => Vocabularies.Llama3,
        _ => Vocabularies.Falcon,
    };

    // The continuation of a text, as a model would give it: a word is before it, so a space in front is text.
    [Theory]
    [MemberData(nameof(Others))]
    public void EveryTokenizersStream_IsItsTextUpToTheFirstStop(string name)
    {
        Tokenizer tokenizer = Of(name);
        Gen.Select(Texts.Valid, Gen.UInt[0, (uint)tokenizer.VocabularySize + 3].Array[0, 12], Stops).Sample(
            (text, random, stops) =>
            {
                uint[] tokens = [.. tokenizer.Encode(text), .. random];
                byte[] bytes = [.. tokens.Where(token => token < tokenizer.VocabularySize).SelectMany(token => tokenizer.BytesOf(token).ToArray())];
                TextStream stream = new(tokenizer, stops);
                List<string> deltas = [.. tokens.Select(stream.Push), stream.Flush()];
                Assert.Equal(Cut(Encoding.UTF8.GetString(bytes), stops), (string.Concat(deltas), stream.Stopped));
                Assert.All(deltas, delta => Assert.Equal(delta, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(delta))));
            },
            iter: 3_000);
    }

    [Fact]
    public void AStop_IsMetAcrossTokens_WhereverTheyBegin()
    {
        Tokenizer llama3 = Vocabularies.Llama3;
        foreach (string text in (string[])["He said: User: hello", "He said: U|ser: hello", "He |said: Us|er|: hello"])
        {
            TextStream stream = new(llama3, ["User:"]);
            string sent = string.Concat(text.Split('|').SelectMany(part => llama3.Encode(part)).Select(stream.Push));
            Assert.Equal(("He said: ", true), (sent, stream.Stopped));
        }
    }

    [Fact]
    public void ACharacterInByteTokens_LeavesWhole_AmongWords()
    {
        Tokenizer llama2 = Vocabularies.Llama2;
        TextStream stream = new(llama2, []);
        uint[] tokens = llama2.Encode("a 🦙 b");
        string[] deltas = [.. tokens.Select(stream.Push)];
        Assert.Equal(" a 🦙 b", string.Concat(deltas) + stream.Flush());
        Assert.Single(deltas, delta => delta.Contains("🦙", StringComparison.Ordinal));
        Assert.Equal(3, deltas.Count(delta => delta.Length == 0));
    }

    // Held: a proper prefix of the stop, perhaps with an unfinished character after it.
    private static bool IsHeldFor(string stop, string held) =>
        stop.StartsWith(held, StringComparison.Ordinal) || stop.StartsWith(held[..^1], StringComparison.Ordinal);

    [Fact]
    public void ACharacterOfFourBytes_LeavesWithItsLast()
    {
        TextStream stream = new(_tiny, []);
        Assert.Equal(["", "", "", "🙂"], ByteTokens(Encoding.UTF8.GetBytes("🙂")).Select(stream.Push));
    }

    [Fact]
    public void WhatMayBecomeAStop_IsHeldBack_AndReleasedWhenItDoesNot()
    {
        TextStream stream = new(_tiny, ["abc"]);
        Assert.Equal(["x", "", "", "abd"], ByteTokens("xabd"u8.ToArray()).Select(stream.Push));
        Assert.Equal(["", ""], ByteTokens("ab"u8.ToArray()).Select(stream.Push));
        Assert.Equal("ab", stream.Flush());
        Assert.False(stream.Stopped);
    }

    [Fact]
    public void AfterAStop_NothingLeaves()
    {
        TextStream stream = new(_tiny, ["b"]);
        Assert.Equal(["a", "", "", ""], ByteTokens("abaa"u8.ToArray()).Select(stream.Push));
        Assert.True(stream.Stopped);
        Assert.Equal("", stream.Flush());
    }

    [Fact]
    public void ControlTokens_LeaveNothing()
    {
        TextStream stream = new(_tiny, ["x"]);
        Assert.Equal("", stream.Push(0) + stream.Push(1) + stream.Push(2) + stream.Flush());
    }

    [Fact]
    public void UnusableStops_AreNamed()
    {
        Assert.Null(TextStream.Objection([.. Enumerable.Repeat(new string('x', TextStream.MaxStopLength), TextStream.MaxStops)]));
        Assert.Null(TextStream.Objection(["🙂", "\uFFFD"]));
        Assert.Contains("At most 16", TextStream.Objection([.. Enumerable.Repeat("x", TextStream.MaxStops + 1)]), StringComparison.Ordinal);
        Assert.Contains("not 257", TextStream.Objection([new string('x', TextStream.MaxStopLength + 1)]), StringComparison.Ordinal);
        Assert.Contains("not 0", TextStream.Objection([""]), StringComparison.Ordinal);
        Assert.Contains("half a character", TextStream.Objection(["a\ud83d"]), StringComparison.Ordinal);
        Assert.Contains("half a character", TextStream.Objection(["\ude00\ud83d"]), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new TextStream(_tiny, [""]));
    }
}

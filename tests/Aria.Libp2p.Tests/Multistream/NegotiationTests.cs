using System.Buffers;
using Aria.Libp2p.Multistream;

namespace Aria.Libp2p.Tests.Multistream;

public sealed class NegotiationTests
{
    private static readonly string LongestName = new('x', MultistreamMessage.MaxBytes - 1);

    [Fact]
    public void Vectors_AreWrittenAndReadToTheByte()
    {
        foreach ((string name, string text) in new[] { ("hello", MultistreamMessage.Header), ("noise", "/noise"), ("na", "na"), ("ls", "ls") })
        {
            byte[] expected = Vectors.Hex("multistream", name);
            Assert.Equal(expected, Line(text));
            Assert.Equal(OperationStatus.Done, MultistreamMessage.TryRead([.. expected, 0x55], out string read, out int consumed));
            Assert.Equal((text, expected.Length), (read, consumed));
            for (int cut = 0; cut < expected.Length; cut++)
            {
                Assert.Equal(OperationStatus.NeedMoreData, MultistreamMessage.TryRead(expected.AsSpan(0, cut), out _, out _));
            }
        }
    }

    [Theory]
    [InlineData("00")]              // no newline
    [InlineData("010a")]            // no text
    [InlineData("0361620b")]        // another last byte
    [InlineData("04610a620a")]      // two lines in one
    [InlineData("8100")]            // a length spelled too long
    [InlineData("8108")]            // 1025 bytes
    [InlineData("ffff")]            // a length of three bytes
    [InlineData("03ff610a")]        // no UTF-8
    public void MalformedLine_IsRefused(string hex) =>
        Assert.Equal(OperationStatus.InvalidData, MultistreamMessage.TryRead(Convert.FromHexString(hex), out _, out _));

    [Fact]
    public void LongestLine_Passes_AndALongerOneCannotBeWritten()
    {
        Assert.Equal(OperationStatus.Done, MultistreamMessage.TryRead(Line(LongestName), out string text, out _));
        Assert.Equal(LongestName, text);
        Assert.Throws<ArgumentException>(() => Line(LongestName + "x"));
    }

    [Theory]
    [InlineData("/b", "/b")]
    [InlineData("/a,/b,/c", "/b")]
    [InlineData("/x,/y", null)]
    public void TheFirstProposalThatIsSpoken_IsAgreed_HoweverTheBytesAreCut(string proposals, string? agreed)
    {
        for (int piece = 1; piece <= 80; piece++)
        {
            ProposerNegotiation proposer = new(proposals.Split(','));
            AnswererNegotiation answerer = new(name => name is "/b" or "/c");
            ArrayBufferWriter<byte> toAnswerer = new(), toProposer = new();
            proposer.Begin(toAnswerer);
            AnswererNegotiation.Begin(toProposer);
            for (int turn = 0; turn < 20 && !proposer.IsDone; turn++)
            {
                Pass(toAnswerer, toProposer, answerer.Feed, piece, () => answerer.IsDone);
                Pass(toProposer, toAnswerer, proposer.Feed, piece, () => proposer.IsDone);
            }

            Assert.Equal(agreed, proposer.Agreed);
            Assert.Equal(agreed is null, proposer.IsRefused);
            Assert.Equal(agreed, answerer.Agreed);
        }
    }

    [Fact]
    public void BytesBehindTheAgreement_AreLeftAlone()
    {
        AnswererNegotiation answerer = new(_ => true);
        byte[] opening = [.. Line(MultistreamMessage.Header), .. Line("/p"), 1, 2, 3];
        Assert.Equal(opening.Length - 3, answerer.Feed(opening, new ArrayBufferWriter<byte>()));
        Assert.Equal("/p", answerer.Agreed);
        Assert.Equal(0, answerer.Feed(opening.AsSpan(opening.Length - 3), new ArrayBufferWriter<byte>()));

        ProposerNegotiation proposer = new(["/p"]);
        proposer.Begin(new ArrayBufferWriter<byte>());
        Assert.Equal(opening.Length - 3, proposer.Feed(opening, new ArrayBufferWriter<byte>()));
        Assert.Equal("/p", proposer.Agreed);
    }

    [Fact]
    public void EightProposals_AreHeard()
    {
        AnswererNegotiation answerer = new(_ => false);
        ArrayBufferWriter<byte> answers = new();
        answerer.Feed(Line(MultistreamMessage.Header), answers);
        for (int i = 0; i < AnswererNegotiation.MaxProposals; i++)
        {
            Assert.False(answerer.IsDone);
            answerer.Feed(Line("/p"), answers);
        }

        Assert.True(answerer.IsRefused);
        Assert.Equal(8 * 4, answers.WrittenCount);
    }

    [Theory]
    [InlineData("/multistream/2.0.0", "/p")]
    [InlineData("/multistream/1.0.0", "/another")]
    public void AnswerOutOfPlace_BreaksTheProtocol(string header, string answer)
    {
        ProposerNegotiation proposer = new(["/p"]);
        Assert.Throws<ProtocolViolationException>(() => proposer.Feed([.. Line(header), .. Line(answer)], new ArrayBufferWriter<byte>()));
    }

    [Fact]
    public void AnyBytes_EndInNothingButAProtocolViolation()
    {
        Random random = Testing.TestSeed.Random();
        byte[] bytes = new byte[200];
        for (int i = 0; i < 100_000; i++)
        {
            Span<byte> input = bytes.AsSpan(0, random.Next(bytes.Length));
            random.NextBytes(input);
            if (i % 2 == 0 && input.Length > 20)
            {
                Line(MultistreamMessage.Header).CopyTo(input);
            }

            AnswererNegotiation answerer = new(name => name.Length == 1);
            ProposerNegotiation proposer = new(["/a", "/b"]);
            ArrayBufferWriter<byte> output = new();
            try
            {
                Assert.InRange(i % 4 < 2 ? answerer.Feed(input, output) : proposer.Feed(input, output), 0, input.Length);
            }
            catch (ProtocolViolationException)
            {
                // As it should be.
            }

            Assert.True(output.WrittenCount < 256);
        }
    }

    private static void Pass(
        ArrayBufferWriter<byte> from, ArrayBufferWriter<byte> to, Func<ReadOnlySpan<byte>, IBufferWriter<byte>, int> feed, int piece, Func<bool> isDone)
    {
        byte[] bytes = from.WrittenSpan.ToArray();
        from.ResetWrittenCount();
        for (int at = 0; at < bytes.Length && !isDone(); at += piece)
        {
            int length = Math.Min(piece, bytes.Length - at);
            Assert.Equal(length, feed(bytes.AsSpan(at, length), to));
        }
    }

    private static byte[] Line(string text)
    {
        ArrayBufferWriter<byte> line = new();
        MultistreamMessage.Write(line, text);
        return line.WrittenSpan.ToArray();
    }
}

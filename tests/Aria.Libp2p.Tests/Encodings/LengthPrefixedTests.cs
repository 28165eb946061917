using System.Buffers;
using System.IO.Pipelines;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.Tests.Encodings;

public sealed class LengthPrefixedTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Messages_AreReadHoweverTheyAreCut()
    {
        byte[][] messages = [[], [1], [.. Enumerable.Range(0, 300).Select(i => (byte)i)], [2, 3]];
        ArrayBufferWriter<byte> whole = new();
        Array.ForEach(messages, message => LengthPrefixed.Write(whole, message));
        for (int piece = 1; piece <= whole.WrittenCount; piece += piece < 12 ? 1 : 37)
        {
            Pipe pipe = new();
            Task writing = Task.Run(async () =>
            {
                for (int at = 0; at < whole.WrittenCount; at += piece)
                {
                    await pipe.Writer.WriteAsync(whole.WrittenMemory.Slice(at, Math.Min(piece, whole.WrittenCount - at)), Stop);
                }

                await pipe.Writer.CompleteAsync();
            }, Stop);
            foreach (byte[] message in messages)
            {
                Assert.Equal(message, await LengthPrefixed.ReadAsync(pipe.Reader, 300, Stop));
            }

            Assert.Null(await LengthPrefixed.ReadAsync(pipe.Reader, 300, Stop));
            await writing;
        }
    }

    [Theory]
    [InlineData("ad02")]                    // 301 announced, nothing sent
    [InlineData("ffffffffffffffff7f")]
    [InlineData("ffffffffffffffffff")]      // ten bytes at least
    [InlineData("8000")]                    // too long a spelling
    [InlineData("050102")]                  // cut
    [InlineData("80")]                      // cut in the length
    public async Task OversizedMalformedAndCutMessages_AreRefused(string hex)
    {
        Pipe pipe = new();
        await pipe.Writer.WriteAsync(Convert.FromHexString(hex), Stop);
        await pipe.Writer.CompleteAsync();
        await Assert.ThrowsAsync<ProtocolViolationException>(async () => await LengthPrefixed.ReadAsync(pipe.Reader, 300, Stop));
    }
}

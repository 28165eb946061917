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

    // Over yamux with its window of 256 KiB, in memory, and a pipe that takes 64 KiB at a time.
    [Theory]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(300_000)]
    [InlineData(1_000_000)]
    public async Task AMessageBeyondTheReceiveWindow_ComesWhole(int bytes)
    {
        byte[] message = new byte[bytes];
        Random.Shared.NextBytes(message);
        Pipe pipe = new(new(pauseWriterThreshold: 65_536, resumeWriterThreshold: 32_768));
        Assert.Equal(message, await SentAsync(pipe.Writer, pipe.Reader, message));

        await using PeerGroup group = new();
        LocalPeer from = await group.StartAsync(), to = await group.StartAsync();
        TaskCompletionSource<byte[]?> arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        to.Handle("/test/long/1", async (stream, cancellationToken) => arrived.SetResult(await LengthPrefixed.ReadAsync(stream.Input, bytes, cancellationToken)));
        await from.ConnectAsync(to.Addresses[0], TestContext.Current.CancellationToken);
        await using PeerStream stream = await from.OpenStreamAsync(to.Id, "/test/long/1", TestContext.Current.CancellationToken);
        LengthPrefixed.Write(stream.Output, message);
        await stream.Output.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal(message, await arrived.Task.WaitAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task ALongMessageThatIsCutShort_IsRefused()
    {
        Pipe pipe = new();
        ValueTask<byte[]?> reading = LengthPrefixed.ReadAsync(pipe.Reader, 1_000_000, TestContext.Current.CancellationToken);
        byte[] prefix = new byte[Uvarint.MaxBytes];
        await pipe.Writer.WriteAsync(prefix.AsMemory(0, Uvarint.Write(prefix, 500_000)), TestContext.Current.CancellationToken);
        await pipe.Writer.WriteAsync(new byte[1000], TestContext.Current.CancellationToken);
        await pipe.Writer.CompleteAsync();
        await Assert.ThrowsAsync<ProtocolViolationException>(async () => await reading);
    }

    private static async Task<byte[]?> SentAsync(PipeWriter writer, PipeReader reader, byte[] message)
    {
        ValueTask<byte[]?> reading = LengthPrefixed.ReadAsync(reader, message.Length, TestContext.Current.CancellationToken);
        LengthPrefixed.Write(writer, message);
        await writer.FlushAsync(TestContext.Current.CancellationToken);
        return await reading;
    }
}

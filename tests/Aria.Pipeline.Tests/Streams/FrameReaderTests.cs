using System.Buffers;
using System.IO.Pipelines;
using Aria.Pipeline.Streams;
using Aria.Wire.Framing;

namespace Aria.Pipeline.Tests.Streams;

public sealed class FrameReaderTests
{
    private static readonly byte[] TwoFrames = Frames([1, 2, 3], [], [4]);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public async Task Frames_ComeOutWhole_HoweverTheyArrive(int step)
    {
        Pipe pipe = new();
        using FrameReader reader = new(pipe.Reader);
        Task feeding = Feed(pipe.Writer, TwoFrames, step);
        Assert.Equal((byte[])[1, 2, 3], (await Next(reader))!.Value.ToArray());
        Assert.Equal((byte[])[], (await Next(reader))!.Value.ToArray());
        Assert.Equal((byte[])[4], (await Next(reader))!.Value.ToArray());
        Assert.Null(await Next(reader));
        await feeding;
    }

    [Fact]
    public async Task EndInsideAFrame_IsNoCleanEnd_AtEveryByte()
    {
        byte[] one = Frames([1, 2, 3]);
        for (int length = 1; length < one.Length; length++)
        {
            Pipe pipe = new();
            using FrameReader reader = new(pipe.Reader);
            await Feed(pipe.Writer, one.AsMemory(0, length), 100);
            await Assert.ThrowsAsync<EndOfStreamException>(async () => await Next(reader));
        }
    }

    [Fact]
    public async Task TooLong_IsRefusedByItsLengthAlone()
    {
        Pipe pipe = new();
        using FrameReader reader = new(pipe.Reader);
        await pipe.Writer.WriteAsync((byte[])[0, 0, 0, 101], TestContext.Current.CancellationToken);
        MalformedStreamException refused = await Assert.ThrowsAsync<MalformedStreamException>(async () => await Next(reader));
        Assert.Contains("101", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FrameLongerThanThePipesWindow_Arrives()
    {
        Pipe pipe = new(new PipeOptions(pauseWriterThreshold: 4096, resumeWriterThreshold: 2048));
        using FrameReader reader = new(pipe.Reader);
        byte[] body = new byte[100_000];
        Random.Shared.NextBytes(body);
        Task feeding = Feed(pipe.Writer, Frames(body), 3000);
        ReadOnlyMemory<byte>? frame = await reader.ReadAsync(body.Length, TestContext.Current.CancellationToken);
        Assert.Equal(body, frame!.Value.ToArray());
        await feeding;
    }

    private static ValueTask<ReadOnlyMemory<byte>?> Next(FrameReader reader) => reader.ReadAsync(100, TestContext.Current.CancellationToken);

    private static byte[] Frames(params byte[][] bodies)
    {
        ArrayBufferWriter<byte> output = new();
        foreach (byte[] body in bodies)
        {
            LengthPrefix.Write(output, body);
        }

        return output.WrittenSpan.ToArray();
    }

    private static async Task Feed(PipeWriter writer, ReadOnlyMemory<byte> bytes, int step)
    {
        for (int at = 0; at < bytes.Length; at += step)
        {
            await writer.WriteAsync(bytes[at..Math.Min(bytes.Length, at + step)], TestContext.Current.CancellationToken);
        }

        await writer.CompleteAsync();
    }
}

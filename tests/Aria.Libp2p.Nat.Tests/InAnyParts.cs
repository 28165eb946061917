using System.Buffers;
using System.IO.Pipelines;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.Nat.Tests;

/// <summary>Feeds a decoder its messages as a network may deliver them: whole, cut in two at every byte, byte by byte, cut short, and longer than is allowed.</summary>
internal static class InAnyParts
{
    private static readonly byte[] Following = [1, 2, 3];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Messages of a stream, each behind its length; <paramref name="decode"/> gives what was read in bytes again, null for what is refused.</summary>
    public static async Task FeedAsync(int maxBytes, Func<byte[], byte[]?> decode, params byte[][] messages)
    {
        foreach (byte[] message in messages)
        {
            byte[] framed = Framed(message);
            byte[] stream = [.. framed, .. Following];
            for (int at = 0; at <= stream.Length; at++)
            {
                await ReadsAsync(message, maxBytes, decode, stream.AsMemory(0, at), stream.AsMemory(at));
            }

            await ReadsAsync(message, maxBytes, decode, [.. Enumerable.Range(0, stream.Length).Select(at => stream.AsMemory(at, 1))]);
            for (int kept = 1; kept < framed.Length; kept++)
            {
                await Assert.ThrowsAsync<ProtocolViolationException>(() => ReadAsync(maxBytes, framed.AsMemory(0, kept)));
            }
        }

        // The longest is read, one more is refused before a byte of it is there.
        Assert.Equal(maxBytes, (await ReadAsync(maxBytes, Framed(new byte[maxBytes])))!.Length);
        byte[] length = new byte[Uvarint.MaxBytes];
        int prefix = Uvarint.Write(length, (ulong)maxBytes + 1);
        for (int at = 0; at <= prefix; at++)
        {
            await Assert.ThrowsAsync<ProtocolViolationException>(() => ReadAsync(maxBytes, length.AsMemory(0, at), length.AsMemory(at, prefix - at)));
        }
    }

    private static async Task ReadsAsync(byte[] message, int maxBytes, Func<byte[], byte[]?> decode, params ReadOnlyMemory<byte>[] parts)
    {
        Pipe pipe = new();
        Task writing = WriteAsync(pipe.Writer, parts);
        Assert.Equal(message, decode((await LengthPrefixed.ReadAsync(pipe.Reader, maxBytes, Stop))!));
        Assert.Equal(Following, (await pipe.Reader.ReadAtLeastAsync(Following.Length, Stop)).Buffer.ToArray());
        await writing;
    }

    private static async Task<byte[]?> ReadAsync(int maxBytes, params ReadOnlyMemory<byte>[] parts)
    {
        Pipe pipe = new();
        Task writing = WriteAsync(pipe.Writer, parts);
        byte[]? read = await LengthPrefixed.ReadAsync(pipe.Reader, maxBytes, Stop);
        await writing;
        return read;
    }

    private static async Task WriteAsync(PipeWriter writer, ReadOnlyMemory<byte>[] parts)
    {
        foreach (ReadOnlyMemory<byte> part in parts)
        {
            await writer.WriteAsync(part, Stop);
            await Task.Yield();
        }

        await writer.CompleteAsync();
    }

    private static byte[] Framed(byte[] message)
    {
        ArrayBufferWriter<byte> framed = new();
        LengthPrefixed.Write(framed, message);
        return framed.WrittenMemory.ToArray();
    }
}

using System.Buffers;

namespace Aria.Libp2p.Tests;

internal static class BufferStream
{
    /// <summary>A stream that writes into the buffer.</summary>
    public static Stream AsStream(this ArrayBufferWriter<byte> buffer) => new Appending(buffer);

    private sealed class Appending(ArrayBufferWriter<byte> buffer) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => buffer.WrittenCount;

        public override long Position { get => buffer.WrittenCount; set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] data, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] data, int offset, int count) => buffer.Write(data.AsSpan(offset, count));
    }
}
